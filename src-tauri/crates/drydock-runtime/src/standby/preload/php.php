<?php
// Drydock: holds this process back until it has an execution, then leaves no trace of having done so.
// Loaded by `auto_prepend_file`, before anything of the function's. Standard input is the way to Drydock, and in
// a container standard output the way back: PHP cannot close a descriptor, and the first is at its end afterwards, as the
// /dev/null of other runs is.
foreach ((static function (): array {
    // A prepended file of the machine's own settings, which this one stands in for.
    $prepended = [];
    foreach (explode(',', php_ini_loaded_file() . ',' . php_ini_scanned_files()) as $file) {
        $settings = trim($file) === '' ? false : @parse_ini_file(trim($file));
        if (isset($settings['auto_prepend_file'])) {
            $prepended = $settings['auto_prepend_file'] === '' ? [] : [$settings['auto_prepend_file']];
        }
    }
    [$ear, $mouth] = explode(',', getenv('DRYDOCK_STANDBY') . ',');
    $ear = fopen("php://fd/$ear", $mouth === '' ? 'r+' : 'r');
    $mouth = $mouth === '' ? $ear : fopen("php://fd/$mouth", 'w');
    fwrite($mouth, '.');
    $pairs = stream_get_contents($ear);
    fwrite($mouth, '.');
    putenv('DRYDOCK_STANDBY');
    unset($_ENV['DRYDOCK_STANDBY'], $_SERVER['DRYDOCK_STANDBY']);
    foreach (explode("\0", $pairs, -1) as $pair) {
        [$name, $value] = explode('=', $pair, 2);
        putenv($pair);
        $_ENV[$name] = $_SERVER[$name] = $value;
    }
    $_SERVER['REQUEST_TIME_FLOAT'] = microtime(true);
    $_SERVER['REQUEST_TIME'] = (int) $_SERVER['REQUEST_TIME_FLOAT'];
    return $prepended;
})() as $drydock) {
    require $drydock;
}
unset($drydock);
