/// The way to one value in a JSON text: `$.payload.n`, `$.items[0]`, `$["a key"]` (a part of RFC 9535).
struct JSONPath: Sendable, Equatable {
    private enum Step: Sendable, Equatable {
        case member([UInt8])
        case element(Int)
    }

    private let steps: [Step]

    /// - Throws: `.invalid` saying what a path looks like.
    init(_ text: String) throws(KitError) {
        let refused = KitError(
            .invalid, "\(text) is no path into a message; write it like $.payload.n or $.items[0].id")
        var rest = Substring(text)
        guard rest.popFirst() == "$" else { throw refused }
        var steps: [Step] = []
        while let first = rest.popFirst() {
            switch first {
            case ".":
                let name = rest.prefix { $0 != "." && $0 != "[" }
                guard !name.isEmpty else { throw refused }
                steps.append(.member(Array(name.utf8)))
                rest = rest.dropFirst(name.count)
            case "[":
                guard let end = rest.firstIndex(of: "]") else { throw refused }
                let inside = rest[..<end]
                rest = rest[rest.index(after: end)...]
                if let index = Int(inside), index >= 0 {
                    steps.append(.element(index))
                } else if inside.count > 2, let quote = inside.first, quote == "\"" || quote == "'",
                    inside.last == quote
                {
                    steps.append(.member(Array(inside.dropFirst().dropLast().utf8)))
                } else {
                    throw refused
                }
            default: throw refused
            }
        }
        self.steps = steps
    }

    /// The value as a whole number, also when it stands in quotes; nil when it is not there or is something else.
    func number(in text: UnsafeRawBufferPointer) -> Int64? {
        var scan = JSONScan(text)
        for step in steps {
            let isFound =
                switch step {
                case .member(let name): scan.enterMember(name)
                case .element(let index): scan.enterElement(index)
                }
            guard isFound else { return nil }
        }
        return scan.number()
    }
}

/// Walks over JSON text without building anything of it. Believes that the text is JSON; never reads past its end.
private struct JSONScan {
    private let text: UnsafeRawBufferPointer
    private var at = 0

    init(_ text: UnsafeRawBufferPointer) { self.text = text }

    private var next: UInt8? { at < text.count ? text[at] : nil }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { at += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        skipSpace()
        guard next == byte else { return false }
        at += 1
        return true
    }

    mutating func enterMember(_ name: [UInt8]) -> Bool {
        guard take(UInt8(ascii: "{")) else { return false }
        while true {
            skipSpace()
            guard let key = string() else { return false }
            guard take(UInt8(ascii: ":")) else { return false }
            if text[key].elementsEqual(name) { return true }
            skipValue()
            guard take(UInt8(ascii: ",")) else { return false }
        }
    }

    mutating func enterElement(_ index: Int) -> Bool {
        guard take(UInt8(ascii: "[")) else { return false }
        for _ in 0..<index {
            skipValue()
            guard take(UInt8(ascii: ",")) else { return false }
        }
        skipSpace()
        return next != nil && next != UInt8(ascii: "]")
    }

    mutating func number() -> Int64? {
        skipSpace()
        let isQuoted = next == UInt8(ascii: "\"")
        if isQuoted { at += 1 }
        let isNegative = next == UInt8(ascii: "-")
        if isNegative { at += 1 }
        let start = at
        var value: Int64 = 0
        while let byte = next, byte &- 0x30 < 10, at - start < 18 {
            value = value * 10 + Int64(byte - 0x30)
            at += 1
        }
        // A fraction is cut off: clocks are sent as seconds or milliseconds with one.
        guard at > start, next.map({ $0 &- 0x30 >= 10 }) ?? true else { return nil }
        return isNegative ? -value : value
    }

    /// Where a string's bytes are, without its quotes; goes behind it. Escapes stay as they are written.
    private mutating func string() -> Range<Int>? {
        guard next == UInt8(ascii: "\"") else { return nil }
        at += 1
        let start = at
        while let byte = next {
            if byte == UInt8(ascii: "\"") {
                at += 1
                return start..<at - 1
            }
            at += byte == UInt8(ascii: "\\") ? 2 : 1
        }
        return nil
    }

    private mutating func skipValue() {
        skipSpace()
        var depth = 0
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                guard string() != nil else { return }
                if depth == 0 { return }
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if depth == 0 { return }
                depth -= 1
                if depth == 0 {
                    at += 1
                    return
                }
            case UInt8(ascii: ",") where depth == 0: return
            default: break
            }
            at += 1
        }
    }
}
