import Figures

/// The confusion matrix of a tally as text.
public enum ConfusionTable {
    /// Comma-separated rows: a header, then for each true class the images answered as each class.
    ///
    /// - Shape: `[classes + 1, classes + 1]`, and a last row for foreign classes where there are such images.
    public static func csv(_ tally: EvaluationTally) -> String {
        let names = tally.classNames
        var rows = [["true class \\ answer"] + names]
        for trueClass in names.indices {
            rows.append(
                [names[trueClass]]
                    + names.indices.map { String(tally.count(trueClass: trueClass, answer: $0)) }
            )
        }
        if tally.foreignImages > 0 {
            rows.append(["(classes the head does not know)"] + tally.foreign.map { String($0) })
        }
        return CommaSeparated.text(rows)
    }

    /// The pairs of classes that are mixed up most often.
    ///
    /// - Returns: at most `limit`, most images first, then in the order of the classes.
    public static func worst(
        _ tally: EvaluationTally,
        limit: Int
    ) -> [(trueClass: Int, answer: Int, images: Int)] {
        var pairs: [(trueClass: Int, answer: Int, images: Int)] = []
        for trueClass in tally.classNames.indices {
            for answer in tally.classNames.indices where answer != trueClass {
                let images = tally.count(trueClass: trueClass, answer: answer)
                if images > 0 { pairs.append((trueClass, answer, images)) }
            }
        }
        pairs.sort { ($1.images, $0.trueClass, $0.answer) < ($0.images, $1.trueClass, $1.answer) }
        return Array(pairs.prefix(limit))
    }
}
