/// A small drawing: a list of elements with escaped text and rounded coordinates.
package struct SVG {
    /// Where a text is anchored.
    package enum Anchor: String {
        case start, middle, end
    }

    /// The shape of a mark; together with its colour it names a series, so that colour alone never does.
    package enum Mark {
        case circle, square, triangle
    }

    package let width: Double
    package let height: Double
    private var elements: [String] = []

    /// An empty drawing of the given size.
    package init(width: Double, height: Double) {
        self.width = width
        self.height = height
    }

    package mutating func line(_ from: (Double, Double), _ to: (Double, Double), _ style: String) {
        elements.append(
            "<line x1=\"\(Self.number(from.0))\" y1=\"\(Self.number(from.1))\" x2=\"\(Self.number(to.0))\" "
                + "y2=\"\(Self.number(to.1))\" class=\"\(style)\"/>"
        )
    }

    package mutating func polyline(_ points: [(Double, Double)], _ style: String) {
        guard points.count > 1 else { return }
        let list = points.map { "\(Self.number($0.0)),\(Self.number($0.1))" }.joined(separator: " ")
        elements.append("<polyline points=\"\(list)\" class=\"\(style)\"/>")
    }

    package mutating func rectangle(x: Double, y: Double, width: Double, height: Double, _ style: String) {
        elements.append(
            "<rect x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" width=\"\(Self.number(width))\" "
                + "height=\"\(Self.number(height))\" class=\"\(style)\"/>"
        )
    }

    /// Text at its baseline; `degrees` turns it around its anchor.
    package mutating func text(
        _ text: String,
        _ at: (Double, Double),
        _ style: String,
        anchor: Anchor = .start,
        degrees: Double = 0
    ) {
        let turn =
            degrees == 0
            ? ""
            : " transform=\"rotate(\(Self.number(degrees)) \(Self.number(at.0)) \(Self.number(at.1)))\""
        elements.append(
            "<text x=\"\(Self.number(at.0))\" y=\"\(Self.number(at.1))\" class=\"\(style)\" "
                + "text-anchor=\"\(anchor.rawValue)\"\(turn)>\(Markup.escaped(text))</text>"
        )
    }

    /// A mark of a series, with a text that shows where a pointer rests on it.
    package mutating func mark(_ mark: Mark, _ at: (Double, Double), _ style: String, note: String = "") {
        let title = note.isEmpty ? "" : "<title>\(Markup.escaped(note))</title>"
        let (x, y) = at
        switch mark {
        case .circle:
            elements.append(
                "<circle cx=\"\(Self.number(x))\" cy=\"\(Self.number(y))\" r=\"4\" class=\"\(style)\">"
                    + "\(title)</circle>"
            )
        case .square:
            elements.append(
                "<rect x=\"\(Self.number(x - 3.6))\" y=\"\(Self.number(y - 3.6))\" width=\"7.2\" "
                    + "height=\"7.2\" class=\"\(style)\">\(title)</rect>"
            )
        case .triangle:
            let corners = [(x, y - 4.8), (x + 4.6, y + 3.6), (x - 4.6, y + 3.6)]
            let list = corners.map { "\(Self.number($0.0)),\(Self.number($0.1))" }.joined(separator: " ")
            elements.append("<polygon points=\"\(list)\" class=\"\(style)\">\(title)</polygon>")
        }
    }

    /// Draws `body` and shows only what falls into a rectangle.
    package mutating func clipped(
        _ id: String,
        x: Double,
        y: Double,
        width: Double,
        height: Double,
        _ body: (inout SVG) -> Void
    ) {
        elements.append(
            "<clipPath id=\"\(id)\"><rect x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" "
                + "width=\"\(Self.number(width))\" height=\"\(Self.number(height))\"/></clipPath>"
                + "<g clip-path=\"url(#\(id))\">"
        )
        body(&self)
        elements.append("</g>")
    }

    /// The element, with a title and a description for those who cannot see it.
    package func element(id: String, title: String, description: String) -> String {
        "<svg viewBox=\"0 0 \(Self.number(width)) \(Self.number(height))\" role=\"img\" "
            + "aria-labelledby=\"\(id)-title \(id)-desc\">\n"
            + "<title id=\"\(id)-title\">\(Markup.escaped(title))</title>\n"
            + "<desc id=\"\(id)-desc\">\(Markup.escaped(description))</desc>\n"
            + elements.joined(separator: "\n") + "\n</svg>\n"
    }

    private static func number(_ value: Double) -> String {
        let text = Number.text(value, places: 2)
        return text.hasSuffix(".00") ? String(text.dropLast(3)) : text
    }
}

/// Text inside markup.
package enum Markup {
    /// `text` with everything that markup would read replaced.
    package static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
