import Glibc
import Kit
import Synchronization

/// A run while it goes on, on standard error: a screen on a terminal, otherwise a line a second that can be searched.
final class LoadScreen: Sendable {
    private struct State {
        var screen: LiveScreen
        var seconds = 0
        var waitingFor = ""
        var lastFrame: ContinuousClock.Instant?
    }

    private static let frame = Duration.milliseconds(100)
    private let form: LoadtestRunCommand.LiveForm
    private let plan: LoadPlan
    private let state: Mutex<State>

    init(_ form: LoadtestRunCommand.LiveForm, plan: LoadPlan) {
        let screen = LiveScreen(STDERR_FILENO)
        let isQuiet = getenv("CI") != nil || getenv("NO_COLOR") != nil
        self.form = form == .auto ? (screen.redraws && !isQuiet ? .screen : .lines) : form
        self.plan = plan
        state = Mutex(State(screen: screen))
    }

    func show(_ progress: LoadTest.Progress) {
        state.withLock { state in
            switch form {
            case .off: return
            case .screen:
                let now = ContinuousClock.now
                guard state.lastFrame.map({ now - $0 >= Self.frame }) ?? true else { return }
                state.lastFrame = now
                state.screen.show(LoadFrame(plan, progress).lines)
            case .lines, .auto:
                if progress.waitingFor != state.waitingFor {
                    state.waitingFor = progress.waitingFor
                    if !progress.waitingFor.isEmpty { Terminal.complain("waiting for \(progress.waitingFor)") }
                }
                guard let second = progress.seconds.last, second.atMs > state.seconds else { return }
                state.seconds = second.atMs
                Terminal.complain(Self.line(second, progress))
            }
        }
    }

    /// Before the summary: it takes the screen's place. Safe on any thread.
    func end() {
        state.withLock { state in
            guard form == .screen else { return }
            state.screen.clear()
            state.screen.end()
        }
    }

    /// `t=12 phase=measure clients=340 sent=100 …`: a second each, the names are a promise.
    private static func line(_ second: LoadReport.Second, _ progress: LoadTest.Progress) -> String {
        var fields = [
            "t=\(second.atMs / 1_000)", "phase=\(second.phase)", "clients=\(second.connections)", "sent=\(second.sent)",
            "acknowledged=\(second.acknowledged)", "fast=\(second.fast)", "slow=\(second.slow)",
            "named=\(second.named)",
        ]
        let optional: [(String, Int?)] = [
            ("dropped", second.dropped), ("p50_us", second.p50Us), ("p99_us", second.p99Us), ("max_us", second.maxUs),
            ("click_p99_us", second.clickP99Us), ("lag_p99_us", second.scheduleLagP99Us),
            ("server_rss", second.serverMemoryBytes),
            ("server_cpu_pct", second.serverCpuShare.map { Int(($0 * 100).rounded()) }),
        ]
        fields += optional.compactMap { name, value in value.map { "\(name)=\($0)" } }
        return (fields + ["errors=\(second.errors)"]).joined(separator: " ")
    }
}

/// One screen of a run: what is sent, how late it arrives, and fast against slow side by side.
struct LoadFrame {
    private static let width = 60
    private let plan: LoadPlan
    private let progress: LoadTest.Progress

    init(_ plan: LoadPlan, _ progress: LoadTest.Progress) { (self.plan, self.progress) = (plan, progress) }

    var lines: [String] {
        let recent = progress.seconds.suffix(Self.width)
        let last = progress.seconds.last
        var lines = [
            "quikko loadtest \(plan.name)   \(phase)", "",
            row("clients", "\(progress.open) open of \(progress.clients)"),
            row(
                "events",
                "\(last?.sent ?? 0)/s sent, \(last?.acknowledged ?? 0)/s acknowledged, \(progress.sent) in all"),
            "",
            row("fast clients", "\(last?.fast ?? 0)/s received"),
            row("", FigureBar.line(recent.map { Double($0.fast) })),
            row("stalled", stalled), row("", FigureBar.line(recent.map { Double($0.dropped ?? $0.named) })), "",
            row("p50, p99, max", latencies(last)), row("", FigureBar.line(recent.map { Double($0.p99Us ?? 0) })),
        ]
        if let memory = last?.serverMemoryBytes {
            let share = last?.serverCpuShare.map { ", \(Int(($0 * 100).rounded())) % of a core" } ?? ""
            lines += ["", row("server", "\(memory / 1_048_576) MiB\(share)")]
        }
        if progress.errors > 0 { lines.append(row("errors", "\(progress.errors)")) }
        for outcome in progress.thresholds {
            lines.append(row(outcome.verdict.rawValue, "\(outcome.expression)   \(outcome.observed ?? "")"))
        }
        return lines + ["", "Ctrl-C ends it early, with a report"]
    }

    private var phase: String {
        let seconds = DurationText.write(.seconds(progress.elapsed))
        guard progress.waitingFor.isEmpty else { return "\(seconds)   waiting for \(progress.waitingFor)" }
        let word =
            switch progress.phase {
            case "connect": "connecting"
            case "warmup": "warming up"
            case "measure": "measuring, \(left) to go"
            default: "reading to the end"
            }
        return "\(seconds)   \(word)"
    }

    /// Whole seconds.
    private var left: String {
        let seconds = plan.duration / .seconds(1) - progress.phaseElapsed
        return DurationText.write(.seconds(max(0, seconds.rounded(.up))))
    }

    private var stalled: String {
        let named = "\(progress.named) named as missed"
        return progress.dropped.map { "\($0) messages dropped for them, \(named)" } ?? named
    }

    private func latencies(_ second: LoadReport.Second?) -> String {
        guard let second, let p50 = second.p50Us, let p99 = second.p99Us, let max = second.maxUs else { return "–" }
        return [p50, p99, max].map(LatencyText.write).joined(separator: "   ")
    }

    private func row(_ name: String, _ value: String) -> String {
        "  " + name + String(repeating: " ", count: max(1, 16 - name.count)) + value
    }
}

/// A row of blocks as high as the values are.
enum FigureBar {
    private static let steps = Array("▁▂▃▄▅▆▇█")

    static func line(_ values: [Double]) -> String {
        guard let most = values.max(), most > 0 else { return "" }
        return String(values.map { steps[min(Int($0 / most * 7.99), 7)] })
    }
}

/// Microseconds as people read them: `0.42 ms`, `1.25 s`.
enum LatencyText {
    static func write(_ microseconds: Int) -> String {
        if microseconds >= 1_000_000 { return fixed(Double(microseconds) / 1e6, " s") }
        return fixed(Double(microseconds) / 1e3, " ms")
    }

    private static func fixed(_ value: Double, _ unit: String) -> String {
        let hundredths = Int((value * 100).rounded())
        guard hundredths < 10_000 else { return "\(hundredths / 100)\(unit)" }
        let rest = hundredths % 100
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)\(unit)"
    }
}
