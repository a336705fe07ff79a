//! Checks of what changed, with the interpreters of this machine: what each language calls an error, and where. Node.js,
//! Python, PHP and Ruby must be there; Bun and Deno are tried where they are.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod support;

use drydock_runtime::Checked;
use support::Bench;
use support::checking::{Files, assert_places, checked, errors, has};

#[tokio::test]
async fn what_parses_in_every_language_parses() {
    for (command, files) in [
        (
            "node index.js",
            &[
                (
                    "index.js",
                    b"#!/usr/bin/env node\nconst x = require('./x');\nreturn;\n".as_slice(),
                ),
                (
                    "bom.js",
                    b"\xEF\xBB\xBF#!/usr/bin/env node\nmodule.exports = 1;\n",
                ),
                ("module.mjs", b"import x from './x.js';\nawait x;\n"),
                ("either.js", b"import x from './x.js';\nawait x;\n"),
                ("data.json", b"\xEF\xBB\xBF{\"a\": [1, null]}"),
                ("lines.json", b"{\"a\": 1}\n{\"a\": 2}\n"),
            ] as Files<'_>,
        ),
        (
            "python3 main.py",
            &[
                (
                    "main.py",
                    b"#!/usr/bin/env python3\nx: int = 1\nprint(f'{x}', '\\d')\n",
                ),
                ("bom.py", b"\xEF\xBB\xBFx = '\xC3\xBC'\n"),
                ("latin.py", b"# -*- coding: latin-1 -*-\nx = '\xFC'\n"),
                ("empty.py", b""),
            ],
        ),
        (
            "php index.php",
            &[
                (
                    "index.php",
                    b"#!/usr/bin/env php\n<?php\nnamespace A;\nfunction f() {}\n",
                ),
                ("page.php", b"<p><?= 1 ?></p>"),
                ("end.php", b"<?php __halt_compiler(); ((("),
            ],
        ),
        (
            "ruby main.rb",
            &[
                (
                    "main.rb",
                    b"#!/usr/bin/env ruby\nBEGIN { exit 1 }\nputs 'hi'\n__END__\n(((",
                ),
                ("bom.rb", b"\xEF\xBB\xBFputs '\xC3\xBC'\n"),
                ("latin.rb", b"# encoding: iso-8859-1\nputs '\xFC'\n"),
            ],
        ),
    ] {
        assert_eq!(
            checked(&Bench::new(), command, files).await,
            Checked::Parses,
            "{command}"
        );
    }
}

#[tokio::test]
async fn errors_of_node_are_told_with_their_place() {
    let files: Files<'_> = &[
        ("good.js", b"const fine = 1;\n"),
        ("common.js", b"const x = 1;\n\tlet y = ;\n"),
        ("lib/late.js", b"if (1) return;\nfoo(\n"),
        ("module.mjs", b"import x from 'y';\nlet z = {a: };\n"),
        ("either.js", b"import x from 'y';\nexport const z = {\n  a: };\n"),
        ("strict.cjs", b"import x from 'y';\n"),
        ("esm/package.json", b"{\"type\": \"module\"}"),
        ("esm/lib/index.js", b"await 1;\n\nreturn 1;\n"),
    ];
    let errors = errors("node index.js", files).await;
    assert_places(
        &errors,
        &[
            "common.js:2:10",
            "lib/late.js:3",
            "module.mjs:2:13",
            "either.js:3:6",
            "strict.cjs:1:1",
            "esm/lib/index.js:3:1",
        ],
    );
    assert_eq!(errors[0], "common.js:2:10: Unexpected token ';'");
}

#[tokio::test]
async fn errors_of_json_are_told_with_their_place() {
    let files: Files<'_> = &[
        ("package.json", b"{\n  \"name\": \"x\",\n  \"main\": \n}\n"),
        ("comma.json", b"{\n  \"name\": \"x\",\n}\n"),
        ("empty.json", b""),
        ("cut.json", b"{\"a\":\n [1, 2"),
    ];
    let errors = errors("node index.js", files).await;
    assert_places(
        &errors,
        &[
            "package.json:4:1",
            "comma.json:3:1",
            "empty.json:1:1",
            "cut.json:2:7",
        ],
    );
}

#[tokio::test]
async fn errors_of_python_are_told_with_their_place() {
    let files: Files<'_> = &[
        ("main.py", b"def f():\n    x = )\n    return x\n"),
        ("indent.py", b"if 1:\n    a\n  b\n"),
        ("tabs.py", b"if 1:\n        a\n\tb\n"),
        ("null.py", b"a = 1\nb = '\0'\n"),
        ("bytes.py", b"a = 1\nb = '\xFF'\n"),
        ("encoding.py", b"# coding: nonsense\n"),
        ("return.py", b"x = 1\nreturn x\n"),
    ];
    let errors = errors("python3 main.py", files).await;
    let lines: Vec<_> = errors
        .iter()
        .map(|error| error.split(':').take(2).collect::<Vec<_>>().join(":"))
        .collect();
    assert_eq!(
        lines,
        [
            "main.py:2",
            "indent.py:3",
            "tabs.py:3",
            "null.py:2",
            "bytes.py:2",
            "encoding.py: unknown encoding",
            "return.py:2"
        ]
    );
    assert!(errors[0].starts_with("main.py:2:9: "), "{}", errors[0]);
}

#[tokio::test]
async fn errors_of_php_are_told_with_their_line() {
    let files: Files<'_> = &[
        ("index.php", b"<?php\n$x = 1;\n$y = ;\n"),
        ("class.php", b"<?php\nclass A {\n  abstract function }\n"),
        ("open.php", b"<?php\nif (1) {\n"),
    ];
    let errors = errors("php index.php", files).await;
    assert_places(&errors, &["index.php:3", "class.php:3", "open.php:3"]);
    assert!(errors[0].contains("unexpected"), "{}", errors[0]);
}

#[tokio::test]
async fn errors_of_ruby_are_told_with_their_line() {
    let files: Files<'_> = &[
        ("main.rb", b"x = 1\nputs )\n"),
        ("begin.rb", b"BEGIN { puts 1 }\nclass foo; end\n"),
        ("open.rb", b"def f\n  if 1\n    x\nend\n"),
    ];
    let errors = errors("ruby main.rb", files).await;
    let lines: Vec<_> = errors
        .iter()
        .map(|error| error.split(':').take(2).collect::<Vec<_>>().join(":"))
        .collect();
    assert_eq!(lines, ["main.rb:2", "begin.rb:2", "open.rb:4"]);
    assert!(
        errors[0].starts_with("main.rb:2:6: ") && errors[0].contains("unexpected ')'"),
        "{}",
        errors[0]
    );
}

#[tokio::test]
async fn errors_of_bun_and_deno_are_told_with_their_place() {
    let good: Files<'_> = &[
        (
            "index.ts",
            b"#!/usr/bin/env bun\nconst a: string | undefined = 'x';\nawait a;\nexport default <T,>(a: T) => a;\n",
        ),
        ("page.tsx", b"export default <div a={1}>x</div>;\n"),
        (
            "bom.ts",
            b"\xEF\xBB\xBFenum A { B }\nimport 'https://example.com/x.ts';\n",
        ),
    ];
    let bad: Files<'_> = &[
        ("fine.ts", b"export const a: number = 1;\n"),
        ("a.ts", b"const a: number = 1;\nlet b: string = ;\n"),
        ("lib/a.ts", b"let x = {;\n"),
        ("page.tsx", b"const a = <div>;\n"),
    ];
    for (family, command) in [("bun", "bun index.ts"), ("deno", "deno run index.ts")] {
        if !has(family) {
            continue;
        }
        assert_eq!(errors(command, good).await, Vec::<String>::new(), "{family}");
        let errors = errors(command, bad).await;
        // Bun goes on after an error, and tells of what follows from it.
        for place in ["a.ts:2:17: ", "lib/a.ts:1:10: ", "page.tsx:"] {
            assert!(
                errors.iter().any(|error| error.starts_with(place)),
                "{place} {errors:#?}"
            );
        }
        assert!(
            !errors.iter().any(|error| error.starts_with("fine.ts")),
            "{errors:#?}"
        );
    }
}
