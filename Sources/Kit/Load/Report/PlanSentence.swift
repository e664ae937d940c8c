/// What a run did, in a sentence or two.
struct PlanSentence {
    let report: LoadReport

    var text: String {
        let plan = report.plan
        let time = "for \(Self.length(plan.duration)) after \(Self.length(plan.warmup)) of warm-up"
        let rate = Self.rate(plan.schedule)
        switch plan.kind {
        case .isolation:
            let fast = report.isolation.map(\.fastPerFeed) ?? 0
            let stalled = report.isolation.map(\.stalled) ?? 0
            let block = ReportText.count(report.isolation?.blockMs ?? 250)
            let slow = plan.clients.filter { $0.model != .fast }.map { Self.behaviour($0.model, count: $0.count) }
            let how = slow.isEmpty ? "that do not read" : "that " + ReportText.list(slow)
            guard report.server.kind != "foreign" else {
                return """
                    One feed with \(Self.clients(fast, "fast client")). \(rate) \(time). A is the time before \
                    \(Self.clients(stalled, "client")) \(how) join, B the time after; a fifth in between, in which they fill, \
                    belongs to neither.
                    """
            }
            return """
                Two feeds on one server, each with \(Self.clients(fast, "fast client")). \
                Beside those of B sit \(Self.clients(stalled, "client")) \(how); beside those of A as many healthy ones. \
                \(rate) \(time), each to A or to B: a coin decides every \(block) ms.
                """
        case .restart:
            let stops = report.restart?.stops ?? []
            let killed = stops.count { $0.how == "kill" }
            let how = "\(killed) killed, \(stops.count - killed) asked to stop"
            return
                "\(rate) to \(who) \(time), while the server was stopped \(Self.times(stops.count)) (\(how)) and started again."
        case .smoke: return "\(rate) to \(who) \(time); the books alone decide."
        case .load: return "\(rate) to \(who) \(time)."
        }
    }

    private var who: String {
        let groups = report.plan.clients.map { group in
            group.model == .fast
                ? Self.clients(group.count, "fast client")
                : Self.clients(group.count, "client") + " that " + Self.behaviour(group.model, count: group.count)
        }
        return groups.isEmpty ? "no client" : ReportText.list(groups)
    }

    private static func clients(_ count: Int, _ name: String) -> String {
        ReportText.count(count) + " " + name + (count == 1 ? "" : "s")
    }

    private static func times(_ count: Int) -> String {
        count == 1 ? "once" : count == 2 ? "twice" : "\(ReportText.count(count)) times"
    }

    static func behaviour(_ model: ClientModel, count: Int) -> String {
        let isOne = count == 1
        let read = isOne ? "reads" : "read"
        switch model {
        case .fast: return "\(read) at once"
        case .never: return "never \(read)"
        case .trickle(let bytes): return "\(read) \(ReportText.bytes(Double(bytes))) a second"
        case .stall(let on, let off):
            return "\(read) for \(length(on)) and \(isOne ? "stops" : "stop") for \(length(off))"
        case .noPong: return "never \(isOne ? "answers" : "answer") a ping"
        case .reset(let every):
            return "\(isOne ? "resets its" : "reset their") connection every \(length(every))"
        case .frozen: return isOne ? "is a frozen process" : "are frozen processes"
        case .churn(let rate):
            return "\(isOne ? "comes and goes" : "come and go") \(ReportText.trimmed(rate)) times a second"
        case .slowHandshake: return "\(isOne ? "sends its" : "send their") upgrade a byte a second"
        }
    }

    static func rate(_ schedule: LoadSchedule) -> String {
        switch schedule {
        case .constant(let rate): return "\(ReportText.trimmed(rate)) events a second"
        case .ramp(let from, let to):
            return "\(ReportText.trimmed(from)) rising to \(ReportText.trimmed(to)) events a second"
        case .steps(let steps):
            return ReportText.list(steps.prefix(8).map { ReportText.trimmed($0.rate) })
                + " events a second, one after another,"
        case .poisson(let rate): return "\(ReportText.trimmed(rate)) events a second on average, at random distances,"
        case .burst(let size, let every): return "\(ReportText.count(size)) events at once every \(length(every))"
        }
    }

    static func length(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let (minutes, isWhole) = (seconds / 60, attoseconds == 0 && seconds % 60 == 0)
        let space = ReportText.space
        if minutes >= 2, isWhole { return ReportText.count(Int(minutes)) + space + "min" }
        return ReportText.roundTime(us: (Double(seconds) * 1e6 + Double(attoseconds) / 1e12).rounded())
    }
}
