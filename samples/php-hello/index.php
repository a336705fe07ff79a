<?php

// A function is a program: it reads its environment, prints, and ends with an exit code.

// The data may be JSON with a name in it, or just a name, or nothing.
function nameIn(string $data): string
{
    if ($data === '') {
        return 'world';
    }
    $parsed = json_decode($data, true);
    if (json_last_error() !== JSON_ERROR_NONE) {
        return $data;
    }
    $name = is_array($parsed) ? ($parsed['name'] ?? null) : null;

    return is_string($name) ? $name : 'world';
}

printf("Hello, %s!\n", nameIn($_ENV['APPWRITE_FUNCTION_DATA'] ?? ''));
printf(
    "Tag %s ran on PHP %s; declared is %s %s.\n",
    $_ENV['APPWRITE_FUNCTION_TAG'] ?? '',
    PHP_VERSION,
    $_ENV['APPWRITE_FUNCTION_RUNTIME_NAME'] ?? '',
    $_ENV['APPWRITE_FUNCTION_RUNTIME_VERSION'] ?? '',
);
