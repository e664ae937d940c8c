/// Whether this machine is fit for a load test, line by line, and what to do where it is not.
public struct Doctor: Sendable {
    public enum Verdict: String, Sendable, CaseIterable {
        case ok
        /// The test will do, its figures may suffer.
        case warn
        /// The test as planned will not do.
        case bad
    }

    public struct Finding: Sendable, Equatable {
        /// Such as `descriptors`.
        public var name: String
        public var verdict: Verdict
        /// What was found, with its unit.
        public var words: String
        /// What to do; nil when nothing is.
        public var advice: String?
    }

    public let findings: [Finding]

    /// The worst of all lines.
    public var verdict: Verdict {
        [.bad, .warn].first { verdict in findings.contains { $0.verdict == verdict } } ?? .ok
    }

    /// - Parameters:
    ///   - connections: Sockets the plan opens at once, those that click included.
    ///   - timing: Nil leaves its two lines out.
    public init(connections: Int, files: MachineFiles = .live, timing: MachineTiming?) {
        let connections = min(max(connections, 0), 1 << 30)
        findings =
            [
                Self.descriptors(connections, files), Self.ports(connections, files), Self.timeWait(files),
                Self.reuse(files), Self.backlog(connections, files),
                Self.buffers("tcp_rmem", "read", files), Self.buffers("tcp_wmem", "write", files),
                Self.cpus(files), Self.governor(files), Self.load(files), Self.memory(connections, files),
                Self.swap(files),
                Self.clock(files),
            ] + (timing.map { [Self.reading($0), Self.sleeping($0)] } ?? [])
    }

    /// A line per finding, what to do below it where something is; ends with a line feed.
    public var text: String {
        let width = findings.map(\.name.count).max() ?? 0
        return findings.map { finding in
            let verdict = finding.verdict.rawValue + String(repeating: " ", count: 4 - finding.verdict.rawValue.count)
            let name = finding.name + String(repeating: " ", count: width - finding.name.count)
            let line = "\(verdict)  \(name)  \(FigureText.oneLine(finding.words))\n"
            return line + (finding.advice.map { String(repeating: " ", count: width + 8) + "\($0)\n" } ?? "")
        }.joined()
    }

    /// One object; advice is null where there is none.
    public var json: JSON {
        let lines = findings.map { finding in
            JSON.object([
                "name": .string(finding.name), "verdict": .string(finding.verdict.rawValue),
                "words": .string(finding.words), "advice": finding.advice.map { .string($0) } ?? .null,
            ])
        }
        return ["schema": "quikko.loadtest-doctor/1", "verdict": .string(verdict.rawValue), "findings": .array(lines)]
    }
}
