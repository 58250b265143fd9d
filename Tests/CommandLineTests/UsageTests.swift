import Foundation
import Testing

/// What is typed wrongly ends with 64 and a first line that names it; nothing is started before.
@Suite struct UsageTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let line: String
        let says: String
        init(_ line: String, _ says: String) { (self.line, self.says) = (line, says) }
        var testDescription: String { line }
    }

    static let cases = [
        Case("--nope", "Error: Unknown option '--nope'"),
        Case("ingst", "Error: Unknown subcommand 'ingst'. Did you mean 'ingest'?"),
        Case("fleet upp", "Error: Unknown subcommand 'upp'. Did you mean 'up'?"),
        Case("help nope", "Error: Unknown subcommand 'nope'"),
        Case("-- ingest", "Error: Unexpected argument 'ingest'"),
        Case("ingest --nope", "Error: Unknown option '--nope'"),
        Case("ingest --fps", "Error: Missing value for '--fps <fps>'"),
        Case("ingest --fps x", "Error: The value 'x' is invalid for '--fps <fps>'"),
        Case(
            "ingest --encoding png",
            "Error: The value 'png' is invalid for '--encoding <encoding>': it is one of auto, tensors, files"
        ),
        Case("ingest a b --stream s", "Error: --stream names one source; with several write NAME=SOURCE"),
        Case("ingest --raw 10", "Error: --raw is WIDTHxHEIGHT, 1 to 32768 each, not '10'"),
        Case(
            "ingest --labels-from-folders=yes x",
            "Error: The option '--labels-from-folders' does not take any value, but 'yes' was specified."),
        Case("fleet up --workers=2x", "Error: The value '2x' is invalid for '--workers <workers>'"),
        Case("fleet scale -1", "Error: a fleet has 0 to 256 workers, not -1"),
        Case("topics list extra", "Error: Unexpected argument 'extra'"),
        Case("topics acls", "Error: --principal ROLE=User:NAME: name at least one"),
        Case(
            "topics acls --principal boss=User:a",
            "Error: --principal is ROLE=User:NAME with a ROLE of worker, coordinator, camera, operator, reader, not"
        ),
        Case("topics acls --principal worker", "Error: --principal is ROLE=User:NAME with a ROLE of"),
        Case(
            "topics acls --principal worker=Group:a",
            "Error: --principal worker=User:NAME has a NAME of 1 to 256 bytes without control characters, not"
        ),
        Case("topics acls --principal worker=User:", "Error: --principal worker=User:NAME has a NAME of"),
        Case(
            "topics acls --principal worker=User:a --host localhost",
            "Error: --host is an IP address or *, not 'localhost'"),
        Case(
            "topics acls --principal worker=User:a --topic-prefix a/b",
            "Error: --topic-prefix is 1 to 100 of [A-Za-z0-9._-], not 'a/b'"),
        Case("head push", "Error: Missing expected argument '<file>'"),
        Case("head push a b", "Error: Unexpected argument 'b'"),
        Case("head push f --as x", "Error: --as is name@version of [A-Za-z0-9._-], not 'x'"),
        Case("head push f --require none", "Error: --require is 'all' or a number of workers, not 'none'"),
        Case("head push f --partitions 0,3,0", "Error: --partitions is a list like 0,3,7, each once, not"),
        Case("head push f --partitions 0,,3", "Error: --partitions is a list like 0,3,7, each once, not"),
        Case(
            "head rollback --partitions -1", "Error: --partitions is a list like 0,3,7, each once, not '-1'"),
        Case("head push f --stream=", "Error: --stream is 1 to 256 bytes without control characters"),
        Case(
            "head push f --ignore a --ignore a", "Error: --ignore names a worker, 1 to 256 bytes, each once"),
        Case("head rollback --ignore=", "Error: --ignore names a worker, 1 to 256 bytes, each once"),
        Case("head rollback --to x", "Error: --to is name@version, not 'x'"),
        Case("head abandon a b", "Error: Unexpected argument 'b'"),
        Case("head abandon --reason=", "Error: --reason is one line without control characters"),
        Case("head freeze -o x", "Error: Missing expected argument '<head>'"),
        Case("head freeze builtin:v2", "Error: Missing expected argument '--output <output>'"),
        Case(
            "head freeze builtin:v2 -o x --as y", "hashiflex: --as is name@version of [A-Za-z0-9._-], not 'y'"
        ),
        Case("predictions --json", "Error: Unknown option '--json'"),
        Case("replay x", "hashiflex: an address is TOPIC/PARTITION@OFFSET#INDEX, not 'x'"),
        Case("harden nofile.onnx", "Error: Missing expected argument '--output <output>'"),
        Case(
            "topics list --brokers http://u:secret@a:9092",
            "hashiflex: broker addresses are HOST:PORT, several separated by commas, not a URL (http://...)"),
        Case(
            "top --brokers a:9092,kafka://b:9092/x",
            "hashiflex: broker addresses are HOST:PORT, several separated by commas, not a URL (kafka://...)"
        ),
        Case(
            "topics list --brokers ssl://b:9092/x",
            "hashiflex: broker addresses are HOST:PORT, several separated by commas, not a path"),
        Case("worker -X", "Error: Missing value for '-X <X>'"),
        Case("chip twin --once --count 2", "Error: give --once or --count, not both"),
        Case("chip twin --head h --classes 2", "Error: give --classes or --head, not both"),
        Case("chip trace", "Error: Missing expected argument '--output <output>'"),
        Case("chip energy --liberty x", "Error: Missing expected argument '--image <image>'"),
        Case("chip energy --image x", "Error: --liberty names at least one file"),
        Case("chip energy --liberty x --image x --pixels 7", "Error: --pixels is 8 to 16384, not 7"),
        Case("chip energy --liberty x --image x --share-pairs", "Error: --share-pairs is not for energy"),
        Case("coordinator --chip-preset rows", "Error: --chip-preset needs --chip"),
        Case(
            "report flexibility --head-only r.json",
            "Error: --head-only and --all-layers go together: one is compared with the other"),
        Case(
            "head fit --data d --classes a -o x",
            "hashiflex: a head has 2 to 65536 classes, each once, not 1: see --classes and --only"),
        Case(
            "head fit --data d --classes a,b,c --only 1,1 -o x",
            "hashiflex: a head has 2 to 65536 classes, each once, not 2: see --classes and --only"),
        Case("preprocess -o x", "Error: name a source of pictures"),
        Case("preprocess a", "Error: Missing expected argument '--output <output>'"),
        Case("preprocess a -o a", "Error: --output and --index are files of their own"),
        Case("preprocess a -o x --index ./x", "Error: --output and --index are files of their own"),
        Case("preprocess a -o x --turn 90", "Error: --turn is 0 or 180, not 90"),
        Case(
            "preprocess a -o x --shorter 256 --crop-pct 0.9", "Error: --shorter and --crop-pct say the same"),
        Case(
            "preprocess a -o x --fit squash",
            "Error: The value 'squash' is invalid for '--fit <fit>': it is one of crop, stretch, "
                + "crop-then-stretch, letterbox"),
        Case(
            "preprocess a -o x --resize lanczos",
            "Error: The value 'lanczos' is invalid for '--resize <resize>': it is one of area, linear, "
                + "pillow-bilinear, pillow-bicubic, pillow13-bilinear, pillow13-bicubic"),
        Case(
            "preprocess a -o x --preprocess pytorch",
            "hashiflex: --preprocess knows torchvision, torchvision-v2, timm, hf, keras, tf-slim, built-in, "),
        Case(
            "preprocess a -o x --preprocess torchvision --shorter 100",
            "hashiflex: the shorter side becomes 100 pixels, a crop of 224 does not fit in it; give --shorter 224"
        ),
        Case("harden n -o x --turn 1", "Error: --turn is 0 or 180, not 1"),
        Case(
            "model initialise --calibration d -o x --shorter 300",
            "hashiflex: --shorter and --crop-pct go with"),
        Case("bench resize --from 500", "Error: --from is WIDTHxHEIGHT, 1 to 8192 each, not '500'"),
        Case("bench resize --to 0x9", "Error: --to is WIDTHxHEIGHT, 1 to 8192 each, not '0x9'"),
        Case("bench resize --isa mmx", "hashiflex: this CPU has no tier 'mmx'; see hashiflex doctor"),
        Case("bench engine --size 33", "hashiflex: no network of width 100 % at 33 pixels"),
        Case(
            "model initialise --calibration d -o x --width 0",
            "Error: --width is 10 to 200, --size a multiple of 32 from 32 to 512"),
    ]

    @Test(arguments: cases) func isRefused(_ typed: Case) throws {
        let outcome = try Program.run(typed.line.split(separator: " ").map(String.init), seconds: 20)
        #expect(outcome.code == 64, "\(outcome.errors)")
        #expect(outcome.errors.hasPrefix(typed.says), "\(outcome.errors)")
    }

    /// Numbers outside of every sensible range, wherever a number can be typed.
    static let numbers = [
        "ingest": [
            "shard-images", "size", "fps", "images", "record-bytes-max", "backlog-max", "linger-ms", "repeat",
            "shorter", "crop-pct", "turn",
        ],
        "preprocess a -o o": ["size", "images", "shorter", "crop-pct", "turn"],
        "import n -o o": ["shorter", "crop-pct", "turn"],
        "harden n -o o": ["shorter", "crop-pct", "turn"], "bench resize": ["windows", "seconds"],
        "worker": [
            "replicas", "top-k", "commit-interval-ms", "session-timeout-ms", "prefetch-kb", "head-bytes-max",
            "decode-memory-mb",
        ],
        "demo": ["images", "fps", "workers", "partitions"],
        "fleet up": ["workers"], "broker": ["partitions"], "coordinator": ["liveness-ms"],
        "top": ["interval", "count"], "predictions": ["limit"], "audit": ["images"],
        "head push f": ["deadline", "require", "partitions"], "head rollback": ["deadline", "require"],
        "positions move": ["timeout"],
        "simulate": ["runs", "seconds", "cutovers", "threads"],
        "topics create": [
            "partitions", "replication", "min-insync", "record-bytes-max", "retention-hours", "wait",
        ],
        "bench engine": ["threads", "windows", "seconds", "size", "width"],
        "bench pipeline": ["workers", "shard-images", "partitions", "windows", "seconds"],
        "verify": ["limit"], "evaluate --data d": ["limit", "at-least"],
        "report sensitivity --data d --calibration d -o o": [
            "limit", "calibration-images", "refit", "layer-stride",
        ],
        "chip twin --measured 1": [
            "interval", "count", "classes", "clock", "npu-macs", "datapaths", "npus", "depth",
        ],
        "chip twin": ["measured"], "chip trace -o o": ["images", "seconds"],
        "report flexibility": ["classes", "clock", "cycles", "npu-macs", "datapaths", "npus", "depth"],
        "head fit --data d --classes a,b -o o": ["images"],
        "model initialise --calibration d -o o": ["images", "width", "size", "shorter", "crop-pct", "turn"],
        "model sample d -o o": ["per-class"],
    ]

    @Test(arguments: numbers.keys.sorted()) func extremeNumbersAreRefused(_ command: String) throws {
        for option in Self.numbers[command] ?? [] {
            for number in ["-2", "9223372036854775807", "99999999999999999999", "1e300", "nan", "-inf"] {
                let words = command.split(separator: " ").map(String.init) + ["--\(option)", number]
                let outcome = try Program.run(words, seconds: 20)
                #expect(outcome.code == 64, "--\(option) \(number): \(outcome.errors)")
                #expect(
                    outcome.errors.contains(option) || outcome.errors.contains("width"), "\(outcome.errors)")
            }
        }
    }
}
