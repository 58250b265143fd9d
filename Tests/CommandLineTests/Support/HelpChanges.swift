/// What help pages say on purpose beyond the record of them.
enum HelpChanges {
    static let all = commands + pictures + heads + rights + waiting + membership + wording

    /// Recorded text, and what stands there now.
    static let commands = [
        (
            "a second of traffic. (default: 32768)\n",
            """
            a second of traffic. (default: 32768)
              --decode-memory-mb <decode-memory-mb>
                                      Memory for decoded pictures of all replicas together,
                                      MiB.
                    A larger picture is decoded alone. Default: 256, or 64 a replica where
                    that is more.

            """
        ),
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
        (
            "Create the topics on a real broker, or list them.",
            "Create, list or delete the topics on a real broker."
        ),
        // The simulator is a command.
        (
            "  top                     Watch the fleet live: images/s, heads, memory, alarms.\n",
            """
              top                     Watch the fleet live: images/s, heads, memory, alarms.
              simulate                Run the shipped worker and coordinator in a simulated
                                      world that breaks all it can.

            """
        ),
        // Positions and ledger can be put right.
        (
            "PREDICTIONS SUBCOMMANDS:\n",
            """
            REPAIR SUBCOMMANDS:
              positions               Show how far the workers' group has come, and move a
                                      partition that can not go on.
              ledger                  Show the throughput ledger, and start it anew when it
                                      was put wrong.

            PREDICTIONS SUBCOMMANDS:

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
            Reads ONNX as exporters of PyTorch and TensorFlow write it, Keras's own files,
            TensorFlow Lite (float or quantised), torchvision's, timm's or Hugging Face's
            weights as safetensors or PyTorch checkpoint, or integers that the training
            recipe exported. A float network is calibrated on --calibration: a few hundred
            typical images do, labels are not needed; a part of them is held out and
            compared on. Trained integers are checked and sealed as they are. Before
            anything is written, every weight is scanned and the executor is compared with
            the reference. The same network, images and options give the same bytes
            everywhere.
            """
        ),
        (
            "The network, .onnx or .safetensors.",
            "The network, .onnx, .tflite, .safetensors, .pth,\n                          .keras or .h5."
        ),
        (
            "The network, ONNX or safetensors.",
            "The network, ONNX, Keras, TensorFlow Lite,\n                          safetensors or PyTorch checkpoint."
        ),
        (
            "compares them with ONNX Runtime's.",
            "compares them with ONNX Runtime's,\ncheck_tflite.py with LiteRT's."
        ),
        // A network is imported, and compared with.
        (
            "MODEL SUBCOMMANDS:\n",
            """
            MODEL SUBCOMMANDS:
              import                  Write any MobileNetV2 that harden reads as one plain
                                      safetensors file.

            """
        ),
        (
            "know are counted apart: it can not be right there.\n",
            """
            know are counted apart: it can not be right there.

            With --against, the backbone is compared with the float network that it was
            hardened from: how often both name the same class, the divergence of their
            class probabilities, and how many decibels features and layers carry over the
            difference. Labels are not needed; where there are some, both are scored.

            """
        ),
        (
            "--data <data> [--limit <limit>] [--confusion",
            "--data <data> [--against <against>] [--limit <limit>] [--confusion"
        ),
        (
            "  --limit <limit>         Most images. (default: 9223372036854775807)\n  --confusion",
            """
              --against <against>     Compare with this float network, any that harden
                                      reads; at most one head.
              --limit <limit>         Most images. Default: all.
              --confusion
            """
        ),
        (
            "lower, for example 0.94.\n",
            """
            lower, for example 0.94.
                    With --against: if the share of images of the same class is lower.

            """
        ),
        // Which engines, and what they need.
        (
            """
            With --rounding exact (the default) an engine whose float sums are exact, such
            as ONNX Runtime, gives the same feature bytes. With --rounding engine it may
            use its int8 kernels, which round ties to even and so differ by one code there.

            """,
            """
            With --rounding exact (the default) an engine whose float sums are exact gives
            the same feature bytes: ONNX Runtime, OpenVINO, tract, IREE, TVM and eight more
            do. With --rounding engine it may use its int8 kernels, which round ties to
            even; that is one code at a tie, and up to 32 in the features, as layers add it
            up (measured).

            Leave the weights int8: ONNX Runtime rounds them anew for whole layers if a
            tool has folded them to float. OpenVINO needs INFERENCE_PRECISION_HINT=f32 on
            processors with bfloat16. OpenCV 4 takes a byte less 128, as int8, and gives
            features less 128; it takes bytes too, wrongly. ONNX Runtime before 1.16 needs
            --opset 17.

            """
        ),
        ("operators, 13 to 21. (default: 17)", "operators, 13 to 21. (default: 19)"),
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
            "Leave out repetitions; remembers about 100 bytes an",
            "Leave out repetitions; remembers about 16 bytes an"
        ),
        (
            "its offset demands, or, with --images, if their number is\nanother. Remembers about 100 bytes an image.",
            """
            its offset demands (than its backbone holds, where the head
            is frozen), or, with --images, if their number is another. With --shards also
            if a shard was left out: below others that have predictions, with neither a
            prediction nor a dead letter, and not passed over by a move on the record, or
            if a prediction names a partition that the topic has not. Refuses (65) a
            published head that states another preprocessing than its backbone; with
            --shards also tensors that were predicted by a backbone of another
            preprocessing. Remembers about 16 bytes an image and 48 a shard.
            """
        ),
        (
            "the built-in heads, for the built-in model.",
            "the built-in heads, for the built-in model; a frozen head, for\n        its own."
        ),
    ]
}
