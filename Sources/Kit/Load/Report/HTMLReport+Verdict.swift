extension HTMLReport {
    func writeStrip(_ body: inout Markup) {
        body.element("header", ["class": "strip \(report.verdict.style)"]) { strip in
            strip.element("p", ["class": "kind"]) { kind in
                kind.element("span", "quikko loadtest")
                kind.element("span", ["class": "name"], report.plan.name)
            }
            strip.element("h1") { title in
                report.verdict.writeSign(to: &title)
                title.element("span", report.verdict.word.uppercased())
            }
            if report.reasons.isEmpty {
                strip.element("p", ["class": "reason"], report.verdict.meaning)
            } else {
                strip.element("ul", ["class": "reasons"]) { list in
                    for reason in report.reasons.prefix(20) { list.element("li", reason) }
                }
            }
            strip.element("p", ["class": "tested"], PlanSentence(report: report).text)
            writeTiles(&strip)
            facts(&strip, circumstances)
            if !report.arguments.isEmpty {
                strip.element("p", ["class": "command"]) { $0.element("code", report.arguments.joined(separator: " ")) }
            }
            for note in report.notes.prefix(20) {
                strip.element("p", ["class": "remark"]) { remark in
                    remark.element("strong", "Note. ")
                    remark.words(note)
                }
            }
        }
    }

    private var circumstances: [(String, String)] {
        var facts: [(String, String)] = []
        if !report.startedAt.isEmpty { facts.append(("started", ReportText.moment(report.startedAt))) }
        if report.wallSeconds > 0 { facts.append(("took", ReportText.time(us: report.wallSeconds * 1_000_000))) }
        facts.append(("version", report.quikkoVersion))
        facts.append(("seed", String(report.plan.seed)))
        facts.append(("exit status", String(report.exitCode)))
        return facts
    }

    /// The few numbers that tell most.
    private func writeTiles(_ strip: inout Markup) {
        let tiles = self.tiles
        guard !tiles.isEmpty else { return }
        strip.element("ul", ["class": "tiles"]) { list in
            for tile in tiles.prefix(4) {
                list.element("li", ["class": tile.isBad ? "bad" : ""]) { item in
                    item.element("span", ["class": "figure-word"], tile.number)
                    item.words(" ")
                    item.element("span", tile.words)
                }
            }
        }
    }

    private var tiles: [(number: String, words: String, isBad: Bool)] {
        var tiles: [(number: String, words: String, isBad: Bool)] = []
        let judged = report.isolation?.comparisons.filter { $0.boundUs != nil } ?? []
        let worst = judged.max { $0.highUs / Swift.max($0.boundUs ?? 1, 1) < $1.highUs / Swift.max($1.boundUs ?? 1, 1) }
        if let worst, let bound = worst.boundUs {
            let words =
                "B minus A at \(ReportText.percentile(worst.percentile)), upper end of its 95\u{202F}% interval; \(ReportText.roundTime(us: bound)) allowed"
            tiles.append((ReportText.difference(us: worst.highUs), words, worst.verdict == .fail))
        } else if let p99 = metric("e2e", "fast", "all")?.p["99"] {
            tiles.append((ReportText.time(us: p99), "within which 99\u{202F}% of the events arrived", false))
        }
        if let restart = report.restart {
            let back = restart.stops.count { $0.recoveredMs != nil }
            let words = "stops after which every client had everything"
            tiles.append(("\(back) of \(restart.stops.count)", words, back < restart.stops.count))
        }
        let books = report.accounting
        if books.owed > 0 {
            let words = "unexplained of \(ReportText.count(books.owed)) numbers owed"
            tiles.append((ReportText.count(books.unexplained), words, books.unexplained != 0))
        }
        if let isolation = report.isolation, isolation.dropsWhileMeasured > 0 {
            tiles.append(
                (ReportText.count(isolation.dropsWhileMeasured), "dropped for the stalled clients meanwhile", false))
        }
        if report.load.targetRate > 0 {
            let words = "events a second were sent, of \(ReportText.trimmed(report.load.targetRate)) asked for"
            tiles.append((ReportText.trimmed(report.load.achievedRate, 1), words, false))
        }
        return tiles
    }

    /// Checks and thresholds.
    func writeJudgement(_ page: inout Markup) {
        if !report.checks.isEmpty {
            section(&page, "checks", "What this run had to show") { page in
                page.element("p", ["class": "lead"], tally(report.checks.map(\.verdict), "check"))
                table(
                    &page, "Checks", ["verdict", "check", "seen"],
                    rows: report.checks.map { check in
                        [
                            .verdict(check.verdict),
                            .code(check.name, note: check.isCorrectness ? "correctness" : "performance"),
                            .words(check.words),
                        ]
                    }, isStacked: true)
            }
        }
        guard !report.thresholds.isEmpty else { return }
        section(&page, "thresholds", "Thresholds") { page in
            page.element("p", ["class": "lead"], tally(report.thresholds.map(\.verdict), "threshold"))
            table(
                &page, "Thresholds", ["verdict", "threshold", "seen", "bound", "margin", "samples"],
                rows: report.thresholds.map(row), isStacked: true)
        }
    }

    private func row(_ one: LoadReport.ThresholdOutcome) -> [Cell] {
        let note = [one.note, one.isAborted ? "the run was ended because of it" : nil].compactMap(\.self).joined(
            separator: "; ")
        let margin = one.marginPercent.map { ReportText.trimmed($0, 1) + ReportText.space + "%" }
        return [
            .verdict(one.verdict), .code(one.expression, note: note.isEmpty ? nil : note),
            .number(one.observed ?? "nothing"),
            .number(one.bound), .number(margin ?? "\u{2013}"), .number(ReportText.count(one.samples)),
        ]
    }

    /// `5 of 6 checks passed, 1 failed.`
    private func tally(_ verdicts: [LoadReport.Verdict], _ name: String) -> String {
        let passed = verdicts.count { $0 == .pass }
        let failed = verdicts.count { $0.style == "fail" }
        let open = verdicts.count - passed - failed
        let names = verdicts.count == 1 ? name : name + "s"
        var words = "\(passed) of \(verdicts.count) \(names) passed"
        if failed > 0 { words += ", \(failed) failed" }
        if open > 0 { words += ", \(open) undecided" }
        return words + "."
    }
}
