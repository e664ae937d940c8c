import Foundation
import Glibc
import Synchronization

/// What `/metrics` says. Names are a promise; counters rise while the process lives.
enum ServerMetrics {
    static func text(_ report: LoopReport, _ services: Services, now: Timestamp) -> String {
        var text = PrometheusText()
        clicks(services, now, to: &text)
        messages(report, now, to: &text)
        text.gauge(
            "quikko_connections", "Open live connections.", services.connectionCount.load(ordering: .relaxed))
        text.gauge("quikko_rooms", "Rooms with someone in them, on each loop.", report.rooms)
        text.gauge("quikko_links", "Short links.", services.links.count)
        text.gauge("quikko_epoch", "The current life of the log.", Int(services.sequencer.epoch))
        text.gauge("quikko_degraded", "1 while /health says degraded.", services.complaints.isEmpty ? 0 : 1)
        text.gauge(
            "quikko_start_time_seconds", "When the server started, in seconds since 1970.",
            Double(services.startedAt.microseconds) / 1e6)
        text.gauge("process_resident_memory_bytes", "Resident memory.", residentBytes)
        text.counter("process_cpu_seconds_total", "Processor time, user and system.", processorSeconds)
        return text.text
    }

    private static func clicks(_ services: Services, _ now: Timestamp, to text: inout PrometheusText) {
        let counters = services.sequencer.counters
        text.counter("quikko_clicks_total", "Clicks served and numbered.", counters.clicks)
        text.counter("quikko_clicks_lost_total", "Clicks the log will never hold: holes.", counters.lost)
        text.counter(
            "quikko_clicks_undelivered_total", "Clicks a loop never saw because its inbox was full.",
            counters.undelivered)
        text.gauge("quikko_log_backlog", "Clicks numbered and not yet durable.", services.sequencer.unlogged)
        text.gauge(
            "quikko_log_oldest_seconds", "Age of the oldest click that is not durable.",
            age(services.sequencer.oldestUnlogged, now))
        text.counter("quikko_log_commits_total", "Groups committed.", services.recorder.commits)
        text.gauge("quikko_log_holes", "Holes in the log, one a loss and feed.", services.recorder.holes)
        text.gauge("quikko_log_failing", "1 while the last commit failed.", services.recorder.isFailing ? 1 : 0)
    }

    private static func messages(_ report: LoopReport, _ now: Timestamp, to text: inout PrometheusText) {
        let books = report.books
        text.counter("quikko_messages_accepted_total", "Messages addressed to connections.", books.accepted)
        text.counter("quikko_messages_delivered_total", "Messages handed to the kernel.", books.delivered)
        text.counter(
            "quikko_messages_dropped_total", "Messages connections will not get, by reason.", by: "reason",
            [
                ("full", books.droppedFull), ("closed", books.droppedClosed), ("overload", books.droppedOverload),
                ("conflated", books.droppedConflated),
            ])
        text.counter(
            "quikko_messages_deferred_total", "Messages that are read from the log instead.", books.deferred)
        text.gauge("quikko_messages_pending", "Messages waiting in outboxes.", report.pending)
        text.gauge(
            "quikko_outbox_oldest_seconds", "Age of the oldest message waiting in an outbox.", age(report.oldest, now))
        text.counter("quikko_gap_notices_total", "Gap notices.", books.gaps)
        text.counter("quikko_gap_numbers_total", "Numbers that gap notices name.", books.announced)
        text.counter("quikko_position_notices_total", "Position notices.", report.counters.positions)
        text.counter(
            "quikko_slow_consumers_total", "Times a connection did not keep up, by what became of it.", by: "reason",
            [
                ("dropping", report.counters.slow), ("replayed", report.counters.replayed),
                ("stalled", report.counters.stalled),
            ])
        text.gauge(
            "quikko_slow_consumers", "Connections that do not keep up now.", by: "state",
            [("dropping", report.slow), ("replaying", report.replaying)])
        text.histogram(
            "quikko_click_to_socket_seconds", "From a click being served to the kernel of whoever hears of it.",
            report.latency)
    }

    private static func age(_ time: Timestamp?, _ now: Timestamp) -> Double {
        time.map { max(0, Double(now.microseconds - $0.microseconds) / 1e6) } ?? 0
    }

    /// 0 when the system does not say.
    static var residentBytes: Int {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8),
            let pages = text.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
        else { return 0 }
        return pages * sysconf(Int32(_SC_PAGESIZE))
    }

    private static var processorSeconds: Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        let seconds = { (time: timeval) in Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }
}
