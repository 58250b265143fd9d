import Foundation
import Testing

/// Every help page equals the one recorded before the argument parser was our own, but for what was changed on purpose.
@Suite struct HelpRecordTests {
    private static let record = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../../shared/data/cli/help.txt").standardizedFileURL

    /// Recorded text, and what stands there now.
    private static let changes = [
        // An example is not wrapped: it is there to be copied.
        ("--raw\n1280x720 --stream cam", "--raw 1280x720 --stream cam"),
        // Shells and man(1) are served by the root.
        (
            "USAGE: hashiflex <subcommand>\n\nOPTIONS:\n",
            """
            USAGE: hashiflex <subcommand>

            OPTIONS:
              --generate-completion-script <generate-completion-script>
                                      Print a completion script for a shell. (values: bash,
                                      zsh, fish)
              --generate-manual       Print the manual page, for man(1).

            """
        ),
        // TensorFlow Lite is read.
        (
            """
            Reads ONNX as torch.onnx.export writes it, torchvision's or timm's weights as
            safetensors, or integers that the training recipe exported. A float network is
            calibrated on --calibration: a few hundred typical images do, labels are not
            needed. Trained integers are checked and sealed as they are. Before anything is
            written, every weight is scanned and the executor is compared with the
            reference. The same network, images and options give the same bytes everywhere.
            """,
            """
            Reads ONNX as exporters of PyTorch and TensorFlow write it, TensorFlow Lite
            (float or quantised), torchvision's, timm's or Hugging Face's weights as
            safetensors, or integers that the training recipe exported. A float network is
            calibrated on --calibration: a few hundred typical images do, labels are not
            needed; a part of them is held out and compared on. Trained integers are
            checked and sealed as they are. Before anything is written, every weight is
            scanned and the executor is compared with the reference. The same network,
            images and options give the same bytes everywhere.
            """
        ),
        ("The network, .onnx or .safetensors.", "The network, .onnx, .tflite or .safetensors."),
        ("The network, ONNX or safetensors.", "The network, ONNX, TensorFlow Lite or safetensors."),
        (
            "compares them with ONNX Runtime's.",
            "compares them with ONNX Runtime's,\ncheck_tflite.py with LiteRT's."
        ),
        // No limit is said in words.
        ("Most training images. (default: 9223372036854775807)", "Most training images. Default: all."),
        ("Most images. (default: 9223372036854775807)", "Most images. Default: all."),
        // The chip.
        (
            "  bench                   Measure the engine and the pipeline; exactness is\n                          checked first.\n",
            """
              bench                   Measure the engine, the pipeline and the resize;
                                      exactness is checked first.

            CHIP SUBCOMMANDS:
              chip                    See the artefact as a chip: throughput, area, energy,
                                      cycles, RTL, synthesis.

            """
        ),
        (
            "[--liveness-ms <liveness-ms>] [--exit-with-parent]\n\nOPTIONS:\n  --brokers",
            "[--liveness-ms <liveness-ms>] [--chip <chip>] [--chip-preset <chip-preset>] [--exit-with-parent]\n\nOPTIONS:\n  --brokers"
        ),
        (
            "heartbeat, milliseconds.\n  --exit-with-parent",
            """
            heartbeat, milliseconds.
              --chip <chip>           Show the modelled chip of this artefact beside the
                                      fleet: a file, or built-in.
                    Default: none. In the status and in `hashiflex top`; the design is
                    --chip-preset.
              --chip-preset <chip-preset>
                                      The design of --chip: rows or classes. (values: rows,
                                      classes)
              --exit-with-parent
            """
        ),
        (
            "and one page with plots.\n",
            """
            and one page with plots.
              flexibility             Show what can still change after deployment, what
                                      that costs and what it gives back.

            """
        ),
        // Heads can be frozen.
        (
            "classifier heads; fit\n                          one.",
            "classifier heads; fit\n                          or freeze one."
        ),
        ("classifier heads; fit one.", "classifier heads; fit or freeze one."),
        (
            "closed form.\n  export  ",
            """
            closed form.
              freeze                  Harden a head into the backbone: the same logits, and
                                      no other head ever after.
              export\("  ")
            """
        ),
        (
            "give its offset. Prints MATCH, or what differs first. Exit\ncode 0 only for MATCH.",
            "give its offset, or the one that is frozen into --model.\nPrints MATCH, or what differs first. "
                + "Exit code 0 only for MATCH."
        ),
        (
            "its offset demands, or, with --images, if their number is\nanother. Remembers about 100 bytes an image.",
            """
            its offset demands (than its backbone holds, where the head
            is frozen), or, with --images, if their number is another. Refuses (65) a
            published head that states another preprocessing than its backbone; with
            --shards also tensors that were predicted by a backbone of another
            preprocessing. Remembers about 100 bytes an image.
            """
        ),
        (
            "the built-in heads, for the built-in model.",
            "the built-in heads, for the built-in model; a frozen head, for\n        its own."
        ),
    ]

    /// How pictures become tensors: the same options wherever pictures are read.
    private static let preprocessing = """
          --preprocess <preprocess>
                                  How pictures become tensors: torchvision,
                                  torchvision-v2, timm, hf, keras, tf-slim, built-in.
                Or a backbone or head that states it, a timm or Hugging Face
                configuration (.json), or the text itself, as model info prints it.
                keras and tf-slim are nearest equivalents.
          --fit <fit>             How a picture becomes a square: crop, stretch,
                                  crop-then-stretch or letterbox. (values: crop,
                                  stretch, crop-then-stretch, letterbox)
          --shorter <shorter>     With a crop: the shorter side before it, pixels.
          --crop-pct <crop-pct>   With a crop: its share, instead of --shorter; 0.875
                                  takes 224 out of 256.
          --resize <resize>       The kernel: pillow-bilinear, pillow-bicubic,
                                  pillow13-bilinear, pillow13-bicubic, area, linear.
                                  (values: area, linear, pillow-bilinear,
                                  pillow-bicubic, pillow13-bilinear, pillow13-bicubic)
          --exif <exif>           EXIF orientation of JPEG files: ignore or apply.
                                  (values: ignore, apply)
          --channels <channels>   Order of the channels: rgb or bgr. (values: rgb, bgr)
          --turn <turn>           Turn the tensor by 0 or 180 degrees.

        """

    /// What pages of preprocessing say beyond the record, page by page.
    private static let preprocessingChanges = [
        // The root.
        (
            "  export-onnx  ",
            "  preprocess              Write the tensors that a source's pictures become, as\n"
                + "                          a NumPy file.\n  export-onnx  "
        ),
        // bench
        (
            "OVERVIEW: Measure the engine and the pipeline; exactness is checked first.",
            "OVERVIEW: Measure the engine, the pipeline and the resize; exactness is checked\nfirst."
        ),
        (
            "engine, on the same cores.\n",
            """
            engine, on the same cores.
              resize                  Microseconds of a resize on one core, kernels in
                                      turns.

            """
        ),
        // doctor
        (
            "\nUSAGE: hashiflex doctor",
            """

            With --data also how the pictures of a source fare: how many are stretched, or
            carry an EXIF orientation that is ignored.

            USAGE: hashiflex doctor
            """
        ),
        (
            "[--isa <isa>] [--json]\n\nOPTIONS:\n  --brokers",
            "[--isa <isa>] [--data <data>] [--json]\n\nOPTIONS:\n  --brokers"
        ),
        (
            "  --json                  Print JSON, one check a line.",
            """
              --data <data>           Pictures to look at, any source that ingest reads; at
                                      most 10000 of them.
              --json                  Print JSON, one check a line.
            """
        ),
        // ingest
        (
            "size. Default: the built-in model's.",
            """
            size.
                    Default: what --preprocess names says; else 224 for a preset, the
                    built-in model's without.
            """
        ),
        (
            "  --stream <stream>       Name of the stream, with one source.",
            preprocessing + "  --stream <stream>       Name of the stream, with one source."
        ),
        // audit
        (
            "[--images <images>] [--json]\n\nOPTIONS:\n  --brokers",
            "[--images <images>] [--shards] [--json]\n\nOPTIONS:\n  --brokers"
        ),
        (
            "How many distinct images there must be.\n",
            """
            How many distinct images there must be.
              --shards                Read the shards as well, and compare the
                                      preprocessing of those that hold tensors.

            """
        ),
        // harden
        (
            "1 to 7. (default: 7)\n",
            """
            1 to 7. (default: 7)
              --terms <terms>         Powers of two in a weight: 1, or sums of up to 2 in
                                      every layer. Default: 1.
              --drop <drop>           Find the layers that need sums of two, giving up at
                                      most so many points.
                    Points of agreement with the float network on held-out images, beside
                    sums in every layer; 0 to 100. Hardens about seven times and prints
                    what each set of layers costs.
              --hold-out <hold-out>   Share of the images that is not calibrated on but
                                      compared on, 0 to 0.9. (default: 0.25)

            """
        ),
        ("OPTIONS:\n  --calibration", "OPTIONS:\n" + preprocessing + "  --calibration"),
        // model initialise
        (
            "initialise --calibration <calibration> [--images <images>] [--seed <seed>] [--width <width>] "
                + "[--size <size>] --output",
            "initialise [<options>] --calibration <calibration> --output"
        ),
    ]

    @Test(
        .enabled(
            if: FileManager.default.fileExists(atPath: record.path),
            "the recorded help pages are not beside the project"))
    func helpIsAsRecorded() throws {
        let parts = try String(contentsOf: Self.record, encoding: .utf8).components(
            separatedBy: "$ hashiflex ")
        var pages = 0
        for part in parts.dropFirst() {
            let head = try #require(part.range(of: " --help   # exit 0\n"))
            let command = part[..<head.lowerBound].split(separator: " ").map(String.init)
            var expected = String(part[head.upperBound...])
            for (before, now) in Self.changes + Self.preprocessingChanges {
                expected = expected.replacingOccurrences(of: before, with: now)
            }
            let outcome = try Program.run(command + ["--help"], environment: ["COLUMNS": "80"])
            #expect(outcome.code == 0)
            #expect(
                outcome.output.trimmingCharacters(in: .newlines)
                    == expected.trimmingCharacters(in: .newlines),
                "\(command)")
            pages += 1
        }
        #expect(pages == 41)
    }
}
