<?php
// Greets somebody who has just signed up; has no mail server, and says so.
$user = json_decode(getenv('APPWRITE_FUNCTION_EVENT_DATA') ?: '{}', true);
echo "welcome mail for {$user['email']}\n";
fwrite(STDERR, "PHP Fatal error:  Uncaught RuntimeException: connect to smtp.internal:587: refused in index.php:8\n");
fwrite(STDERR, "Stack trace:\n#0 index.php(8): Mailer->connect('smtp.internal', 587)\n#1 {main}\n");
exit(255);
