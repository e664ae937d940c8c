extension Threshold {
    /// - Throws: `.invalid` with what is wrong and what is allowed.
    init(_ text: String) throws(KitError) {
        do throws(KitError) {
            self = try ThresholdParser(text: text).read()
        } catch {
            throw KitError(.invalid, "threshold '\(text)': \(error.message)")
        }
    }
}

/// Reads one threshold, from the outside in: scope, comparison, then the two sides of it.
private struct ThresholdParser {
    let text: String

    func read() throws(KitError) -> Threshold {
        guard let (left, relation, right) = comparison() else {
            let isSingle = text.contains("=")
            throw KitError(
                .invalid, isSingle ? "= is not a comparison; write ==" : "compares nothing; use \(operators)")
        }
        guard !right.contains(where: { "<>=!".contains($0) }) else {
            throw KitError(.invalid, "compares more than once; write one threshold for each bound")
        }
        let (scopeText, measured) = scoped(left)
        let (form, subject) = try Self.form(of: measured)
        let (metric, code, statText) = try Self.metric(in: subject)
        let stat = try Self.stat(statText, of: metric)
        let scope = try scopeText.map { text throws(KitError) in try LoadScope(text) } ?? metric.usualScope
        let tail = try Ending(right)
        let unit = form == .ratio ? .one : stat.unit(of: metric)
        let threshold = Threshold(
            text: text, scope: scope, metric: metric, closeCode: code, stat: stat, form: form, relation: relation,
            bound: try Self.bound(tail.value, in: unit, form: form), boundText: tail.value, feed: tail.feed,
            abortAfter: tail.abortAfter)
        try threshold.checkTypes()
        return threshold
    }

    private var operators: String { "<, <=, >, >=, == or !=" }

    private func comparison() -> (left: Substring, Threshold.Relation, right: Substring)? {
        guard let start = text.firstIndex(where: { "<>=!".contains($0) }),
            let relation = Threshold.Relation.allCases.first(where: { text[start...].hasPrefix($0.rawValue) })
        else { return nil }
        return (text[..<start].trimmed, relation, text[start...].dropFirst(relation.rawValue.count).trimmed)
    }

    private func scoped(_ left: Substring) -> (scope: String?, measured: Substring) {
        guard let colon = left.firstIndex(of: ":") else { return (nil, left) }
        return (String(left[..<colon].trimmed), left[left.index(after: colon)...].trimmed)
    }

    private static func form(of measured: Substring) throws(KitError) -> (Threshold.Form, Substring) {
        for (name, form) in [("delta", Threshold.Form.delta), ("ratio", .ratio)] where measured.hasPrefix(name) {
            let rest = measured.dropFirst(name.count).trimmed
            guard rest.hasPrefix("("), rest.hasSuffix(")") else {
                throw KitError(.invalid, "write \(name)(METRIC.STAT), such as \(name)(e2e.p95)")
            }
            return (form, rest.dropFirst().dropLast().trimmed)
        }
        return (.plain, measured)
    }

    /// Names of metrics have dots in them, and so have percentiles: the longest metric that fits is meant.
    private static func metric(in subject: Substring) throws(KitError) -> (LoadMetric, Int?, Substring) {
        if let (code, rest) = try closeCode(in: subject) { return (.closes, code, rest) }
        let fitting = LoadMetric.allCases.filter { metric in
            subject == metric.rawValue || subject.hasPrefix(metric.rawValue + ".")
        }
        guard let metric = fitting.max(by: { $0.rawValue.count < $1.rawValue.count }) else {
            let name = nameOnly(subject)
            let near = LoadMetric.near(name).map(\.rawValue).joined(separator: ", ")
            throw KitError(.invalid, name.isEmpty ? "no metric; known: \(near)" : "no metric '\(name)'; known: \(near)")
        }
        return (metric, nil, subject.dropFirst(metric.rawValue.count + 1))
    }

    private static func closeCode(in subject: Substring) throws(KitError) -> (Int, Substring)? {
        guard subject.hasPrefix("closes[") else { return nil }
        let inside = subject.dropFirst("closes[".count)
        guard let end = inside.firstIndex(of: "]"), let code = Int(inside[..<end]), code == 0 || 1000...4999 ~= code
        else {
            throw KitError(.invalid, "a close code is 1000 to 4999, or 0 for none; write closes[1013]")
        }
        let rest = inside[inside.index(after: end)...]
        guard rest.isEmpty || rest.hasPrefix(".") else {
            throw KitError(.invalid, "a . is missing behind the close code; write closes[\(code)].count")
        }
        return (code, rest.dropFirst())
    }

    /// What was meant as the metric: without the last part when that is a statistic.
    private static func nameOnly(_ subject: Substring) -> String {
        let words: Set<Substring> = ["count", "rate", "pct", "min", "avg", "med", "max", "stddev", "value"]
        let percentile = /\.p(\d[\d.]*|\([^)]*\))$/
        if let found = subject.firstMatch(of: percentile) { return String(subject[..<found.range.lowerBound]) }
        guard let dot = subject.lastIndex(of: "."), words.contains(subject[subject.index(after: dot)...]) else {
            return String(subject)
        }
        return String(subject[..<dot])
    }

    private static func stat(_ text: Substring, of metric: LoadMetric) throws(KitError) -> Threshold.Stat {
        let plain: [Substring: Threshold.Stat] = [
            "count": .count, "rate": .rate, "pct": .share, "min": .least, "avg": .mean, "med": .percentile(50),
            "max": .greatest, "stddev": .deviation, "value": .last,
        ]
        let allowed = "\(metric.rawValue) has \(Threshold.Stat.words(of: metric))"
        guard !text.isEmpty else { throw KitError(.invalid, "says no statistic; \(allowed)") }
        var found = plain[text]
        if found == nil { found = try percentile(text) }
        guard let stat = found else {
            throw KitError(.invalid, "no statistic '\(text)'; \(allowed)")
        }
        guard stat.fits(metric) else { throw KitError(.invalid, "\(metric.rawValue) has no \(text); \(allowed)") }
        return stat
    }

    /// `p(99)`, `p99`, `p99.9`; nil when it is none of these.
    private static func percentile(_ text: Substring) throws(KitError) -> Threshold.Stat? {
        guard text.hasPrefix("p") else { return nil }
        let isBracketed = text.hasPrefix("p(") && text.hasSuffix(")")
        let digits = isBracketed ? text.dropFirst(2).dropLast().trimmed : text.dropFirst()
        guard let percent = Self.number(digits) else { return nil }
        if percent == 0 { throw KitError(.invalid, "\(text) is the least; write min") }
        if percent == 100 { throw KitError(.invalid, "\(text) is the greatest; write max") }
        if !isBracketed, !digits.contains("."), digits.count > 2 {
            let meant = "\(digits.prefix(2)).\(digits.dropFirst(2))"
            throw KitError(.invalid, "\(text) is ambiguous; write p\(meant) or p(\(meant))")
        }
        guard percent > 0, percent < 100 else {
            throw KitError(.invalid, "a percentile lies between 0 and 100, such as p99 or p(99.9)")
        }
        return .percentile(percent)
    }

    private static func bound(_ text: String, in unit: LoadUnit, form: Threshold.Form) throws(KitError) -> Double {
        let digits = text.prefix { "+-.0123456789".contains($0) }
        let suffix = text.dropFirst(digits.count).trimmed
        guard !text.isEmpty else { throw KitError(.invalid, "no value to compare with; give \(unit.words)") }
        guard let number = number(digits) else {
            throw KitError(.invalid, "'\(text)' is not a number; give \(unit.words)")
        }
        guard let factor = unit.suffixes.first(where: { $0.text == suffix })?.factor else {
            let wrong = suffix.isEmpty ? "\(text) has no unit" : "'\(suffix)' is no unit for it"
            throw KitError(.invalid, "\(wrong); give \(unit.words)")
        }
        guard number >= 0 || form == .delta else {
            throw KitError(.invalid, "\(text) is negative, which nothing measured is; only a delta can be")
        }
        return number * factor
    }

    /// Decimal, up to 15 digits, all of which count; no exponent, `inf` or hexadecimal.
    private static func number(_ text: Substring) -> Double? {
        guard text.utf8.count <= 16, text.wholeMatch(of: /-?\d+(\.\d+)?/) != nil else { return nil }
        return Double(text)
    }
}

extension Substring {
    /// Without spaces at either end.
    fileprivate var trimmed: Substring {
        let head = drop(while: \.isWhitespace)
        let end = head.lastIndex { !$0.isWhitespace }
        return end.map { head[...$0] } ?? ""
    }
}

/// What stands behind the comparison: the bound, then the conditions in their order.
private struct Ending {
    let value: String
    var feed: IsolationFeed?
    var abortAfter: Duration?

    init(_ text: Substring) throws(KitError) {
        var words = text.split(whereSeparator: \.isWhitespace)[...]
        let value = words.prefix { $0 != "during" && $0 != "abort" && $0 != "after" }
        self.value = value.joined(separator: " ")
        words = words.dropFirst(value.count)
        if words.first == "during" {
            words.removeFirst()
            guard let feed = words.popFirst().flatMap({ IsolationFeed(rawValue: String($0)) }) else {
                throw KitError(.invalid, "during is followed by A or B, the owners of the isolation test")
            }
            self.feed = feed
        }
        if words.first == "abort" {
            words.removeFirst()
            abortAfter = .zero
            if words.first == "after" {
                words.removeFirst()
                abortAfter = try Self.duration(words.popFirst())
            }
        }
        guard let rest = words.first else { return }
        throw KitError(.invalid, "'\(rest)' is one too many; behind the value come: during A|B, abort, after DURATION")
    }

    private static func duration(_ word: Substring?) throws(KitError) -> Duration {
        guard let word, word.hasSuffix("s") || word.hasSuffix("m"), let read = try? DurationText.read(String(word))
        else {
            throw KitError(.invalid, "after is followed by a time: 500ms, 5s or 1m")
        }
        return read
    }
}
