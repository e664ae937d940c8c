/// The timeline, a row a second, as RFC 4180 has it: a header, CRLF, quotes where they are needed, nothing where there is nothing.
///
/// The columns are called as in the JSON and come in this order; later versions add theirs at the end.
public enum CSVReport {
    public static func text(_ report: LoadReport) -> String {
        let rows = [columns.map(\.name)] + report.timeline.map { second in columns.map { $0.cell(second) } }
        return rows.map { $0.map(quoted).joined(separator: ",") + "\r\n" }.joined()
    }

    private struct Column {
        var name: String
        var cell: @Sendable (LoadReport.Second) -> String
    }

    private static let columns: [Column] = [
        Column(name: "at_ms") { "\($0.atMs)" },
        Column(name: "phase") { $0.phase },
        Column(name: "sent") { "\($0.sent)" },
        Column(name: "acknowledged") { "\($0.acknowledged)" },
        Column(name: "fast") { "\($0.fast)" },
        Column(name: "slow") { "\($0.slow)" },
        Column(name: "named") { "\($0.named)" },
        Column(name: "dropped") { number($0.dropped) },
        Column(name: "p50_us") { number($0.p50Us) },
        Column(name: "p99_us") { number($0.p99Us) },
        Column(name: "max_us") { number($0.maxUs) },
        Column(name: "click_p99_us") { number($0.clickP99Us) },
        Column(name: "connections") { "\($0.connections)" },
        Column(name: "errors") { "\($0.errors)" },
        Column(name: "server_memory_bytes") { number($0.serverMemoryBytes) },
        Column(name: "server_cpu_share") { number($0.serverCpuShare) },
        Column(name: "generator_cpu_share") { number($0.generatorCpuShare) },
        Column(name: "schedule_lag_p99_us") { number($0.scheduleLagP99Us) },
    ]

    private static func number(_ value: Int?) -> String { value.map { "\($0)" } ?? "" }

    private static func number(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }

    /// By scalars: CR and LF together are one character, equal to neither.
    private static func quoted(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { [",", "\"", "\r", "\n"].contains($0) }) else { return text }
        return "\"\(text.replacing("\"", with: "\"\""))\""
    }
}
