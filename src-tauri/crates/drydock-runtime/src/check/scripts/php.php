<?php
// Drydock: says which of the files named as arguments do not parse. Nothing of them is executed.
// Debian has the tokenizer as an extension, which is not there without the machine's settings.
if (!extension_loaded('tokenizer')) {
    dl('tokenizer');
}
$errors = $skipped = [];
foreach (array_slice($argv, 1) as $index => $file) {
    $source = @file_get_contents($file);
    if ($source === false) {
        continue;
    }
    try {
        token_get_all($source, TOKEN_PARSE);
    } catch (CompileError $error) {
        // Whether `<?` alone opens PHP is one of the machine's settings: here it does.
        if (preg_match('/<\?(?!php|=)/i', $source)) {
            $skipped[] = $index;
            continue;
        }
        $message = substr($error->getMessage(), 0, 500);
        $errors[] = ['file' => $index, 'line' => $error->getLine(), 'column' => null, 'message' => $message];
    }
}
$answer = ['errors' => array_slice($errors, 0, 20), 'skipped' => $skipped];
echo json_encode($answer, JSON_INVALID_UTF8_SUBSTITUTE), "\n";
