//! What the made-up runs are made from: workflows with their nodes, errors with their stacks, lines of output.

/// A workflow: its name, and its nodes with what each needs (by place, always earlier ones).
pub(super) struct Template {
    pub(super) name: &'static str,
    pub(super) team: &'static str,
    pub(super) nodes: &'static [(&'static str, &'static [usize])],
}

pub(super) const TEMPLATES: &[Template] = &[
    Template {
        name: "recon",
        team: "security",
        nodes: &[
            ("enumerate", &[]),
            ("resolve", &[0]),
            ("probe-http", &[1]),
            ("probe-tls", &[1]),
            ("screenshots", &[2]),
            ("report", &[2, 3, 4]),
        ],
    },
    Template {
        name: "nightly-backup",
        team: "platform",
        nodes: &[("lock", &[]), ("dump", &[0]), ("compress", &[1]), ("upload", &[2]), ("unlock", &[3])],
    },
    Template {
        name: "build-and-test",
        team: "platform",
        nodes: &[
            ("checkout", &[]),
            ("compile", &[0]),
            ("unit tests", &[1]),
            ("integration tests", &[1]),
            ("package", &[2, 3]),
        ],
    },
    Template {
        name: "invoice-import",
        team: "finance",
        nodes: &[("fetch", &[]), ("parse", &[0]), ("match", &[1]), ("book", &[2])],
    },
    Template {
        name: "alert-triage",
        team: "security",
        nodes: &[("collect", &[]), ("enrich", &[0]), ("score", &[1]), ("decide", &[2]), ("notify", &[3])],
    },
    Template {
        name: "offboarding",
        team: "people",
        nodes: &[
            ("find accounts", &[]),
            ("approve", &[0]),
            ("disable accounts", &[1]),
            ("revoke tokens", &[1]),
            ("notify", &[2, 3]),
        ],
    },
    Template {
        name: "données-journalières-日次",
        team: "données",
        nodes: &[("抽出", &[]), ("transformación", &[0]), ("загрузка", &[1])],
    },
];

/// An error: message, code, type, stack.
pub(super) struct Trouble {
    pub(super) message: &'static str,
    pub(super) code: &'static str,
    pub(super) kind: &'static str,
    pub(super) stack: &'static str,
}

pub(super) const TROUBLES: &[Trouble] = &[
    Trouble {
        message: "connection to db.example.org:5432 timed out after 30 s",
        code: "ETIMEDOUT",
        kind: "TimeoutError",
        stack: "TimeoutError: connection timed out\n    at Connection.connect (pool.ts:88:15)\n    at async Pool.acquire (pool.ts:41:9)\n    at async run (main.ts:19:18)",
    },
    Trouble {
        message: "429 Too Many Requests from api.example.org",
        code: "rate-limited",
        kind: "HttpError",
        stack: "Traceback (most recent call last):\n  File \"enrich.py\", line 61, in <module>\n    main()\n  File \"enrich.py\", line 44, in main\n    answer = lookup(address)\n  File \"client.py\", line 23, in lookup\n    raise HttpError(429)\nHttpError: 429 Too Many Requests",
    },
    Trouble {
        message: "assertion failed: expected 214 rows, found 213",
        code: "exit-1",
        kind: "NodeError",
        stack: "thread 'main' panicked at src/check.rs:72:9:\nassertion `left == right` failed\n  left: 214\n right: 213\nstack backtrace:\n   2: core::panicking::assert_failed\n   3: check::compare\n             at ./src/check.rs:72:9\n   4: check::main",
    },
    Trouble {
        message: "no space left on device: /srv/backup/2026.tar.zst",
        code: "ENOSPC",
        kind: "IOException",
        stack: "java.io.IOException: No space left on device\n\tat java.base/sun.nio.ch.FileDispatcherImpl.write0(Native Method)\n\tat org.example.backup.Writer.flush(Writer.java:118)\n\tat org.example.backup.Main.main(Main.java:33)\nCaused by: sun.nio.fs.UnixException: ENOSPC",
    },
    Trouble {
        message: "needed more memory than a node may have",
        code: "out-of-memory",
        kind: "ResourceError",
        stack: "fatal error: out of memory\n\ngoroutine 1 [running]:\nmain.load(0xc000120000, 0x40000000)\n\t/src/load.go:57 +0x1d3\nmain.main()\n\t/src/main.go:21 +0x6b",
    },
];

/// Lines of output; `{n}` becomes a number.
pub(super) const LINES: &[&str] = &[
    "[info] {n} items read",
    "processing batch {n}",
    "GET https://api.example.org/v1/items/{n} 200",
    "\u{1b}[32mok\u{1b}[0m host-{n}.example.org",
    "\u{1b}[33mwarn\u{1b}[0m slow answer: {n} ms",
    "{\"level\":\"info\",\"item\":{n},\"state\":\"done\"}",
    "cache miss for key {n}; fetching",
    "größe {n} · サイズ {n}",
];
