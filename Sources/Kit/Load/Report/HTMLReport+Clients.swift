extension HTMLReport {
    private struct Column {
        let name: String
        /// Whether a client has something to show here; a column nobody fills is left out.
        var isThere: (LoadReport.ClientSummary) -> Bool = { _ in true }
        let cell: (LoadReport.ClientSummary) -> Cell
    }

    func writeClients(_ page: inout Markup) {
        let clients = report.clients.prefix(100)
        guard !clients.isEmpty else { return }
        let columns = Self.columns.filter { column in clients.contains(where: column.isThere) }
        let rows = clients.map { client in columns.map { $0.cell(client) } }
        let names = columns.map(\.name)
        section(&page, "clients", "Client by client") { page in
            let all = max(report.clientCount, clients.count)
            let words =
                all > clients.count
                ? "The \(clients.count) worst of \(ReportText.count(all)) clients, the worst first."
                : "All \(clients.count == 1 ? "one client" : "\(clients.count) clients"), the worst first."
            page.element("p", ["class": "lead"], words)
            table(&page, "Clients", names, rows: Array(rows.prefix(15)))
            guard rows.count > 15 else { return }
            page.element("details") { more in
                more.element("summary", "\(rows.count - 15) more")
                table(&more, "More clients", names, rows: Array(rows.dropFirst(15)))
            }
        }
    }

    private static var columns: [Column] {
        [
            Column(name: "client") { .head(String($0.id)) },
            Column(name: "reads") { .words($0.model ?? $0.role) },
            Column(name: "feed", isThere: { !$0.feed.isEmpty }) { .words($0.feed) },
            Column(name: "owed") { .number(ReportText.count($0.owed)) },
            Column(name: "received") { .number(ReportText.count($0.received)) },
            Column(name: "named", isThere: { $0.named != 0 }) { .number(ReportText.count($0.named)) },
            Column(name: "in holes", isThere: { $0.inHoles != 0 }) { .number(ReportText.count($0.inHoles)) },
            Column(name: "in doubt", isThere: { $0.inDoubt != 0 }) { .number(ReportText.count($0.inDoubt)) },
            Column(name: "unexplained") { .alarm($0.unexplained) },
            Column(name: "twice", isThere: { $0.duplicates != 0 }) { .alarm($0.duplicates) },
            Column(name: "out of order", isThere: { $0.orderViolations != 0 }) { .alarm($0.orderViolations) },
            Column(name: "e2e p50", isThere: { $0.e2eP50Us != nil }) {
                number($0.e2eP50Us.asDouble) { ReportText.time(us: $0) }
            },
            Column(name: "e2e p99", isThere: { $0.e2eP99Us != nil }) {
                number($0.e2eP99Us.asDouble) { ReportText.time(us: $0) }
            },
            Column(name: "fresh again after", isThere: { $0.recoveryMs != nil }) {
                number($0.recoveryMs) { ReportText.time(us: $0 * 1_000) }
            },
            Column(name: "reconnects", isThere: { $0.reconnects != 0 }) { .number(ReportText.count($0.reconnects)) },
            Column(name: "close", isThere: { $0.closeCode != nil }) {
                number($0.closeCode.asDouble) { ReportText.trimmed($0, 0) }
            },
            Column(name: "server delivered", isThere: { ($0.serverDelivered ?? $0.received) != $0.received }) {
                number($0.serverDelivered.asDouble) { ReportText.trimmed($0, 0) }
            },
            Column(name: "server dropped", isThere: { ($0.serverDropped ?? $0.named) != $0.named }) {
                number($0.serverDropped.asDouble) { ReportText.trimmed($0, 0) }
            },
            Column(name: "connection", isThere: { $0.connection != nil }) { .words($0.connection ?? "") },
        ]
    }

    private static func number(_ value: Double?, _ text: (Double) -> String) -> Cell {
        .number(value.map(text) ?? "\u{2013}")
    }

    func writeMetrics(_ page: inout Markup) {
        let metrics = report.metrics.prefix(300)
        guard !metrics.isEmpty else { return }
        let rows = metrics.map { one -> [Cell] in
            let values = [one.min, one.med ?? one.p["50"], one.avg, one.p["90"], one.p["99"], one.p["99.9"], one.max]
            return [.code(one.name, note: nil), .words(one.scope), .number(ReportText.count(one.count))]
                + values.map { .number(ReportText.value($0, unit: one.unit)) }
        }
        section(&page, "metrics", "Metrics") { page in
            page.element("p", ["class": "lead"], "A percentile is there only with ten samples behind it.")
            table(
                &page, "Metrics",
                ["metric", "of whom", "count", "least", "median", "mean", "p90", "p99", "p99.9", "most"],
                rows: Array(rows))
        }
    }
}
