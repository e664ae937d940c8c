import NIOCore
import Synchronization

/// What clicks do to the rows of `links`: their totals, told at most ten times a second and link, while anybody listens.
final class LinkTotals: Sendable {
    private struct State {
        /// By `Link.key`: the code and the total before and after.
        var changed: [Int32: (code: ShortCode, from: Int64, to: Int64)] = [:]
        var isScheduled = false
    }

    private static let interval = TimeAmount.milliseconds(100)
    private let state = Guarded(State())
    private let publish: @Sendable (Publication) -> Void

    init(publish: @escaping @Sendable (Publication) -> Void) { self.publish = publish }

    /// These clicks have been logged. Grows with the links clicked within the interval, never with the clicks.
    func take(_ clicks: [Click], on loop: any EventLoop) {
        let schedules = state.withLock { state in
            for click in clicks {
                let from = state.changed[click.link]?.from ?? click.linkNumber - 1
                state.changed[click.link] = (click.code, from, click.linkNumber)
            }
            guard !state.changed.isEmpty else { return false }
            return !exchange(&state.isScheduled, with: true)
        }
        if schedules { loop.scheduleTask(in: Self.interval) { [self] in tell() } }
    }

    private func tell() {
        let changed = state.withLock { state in
            state.isScheduled = false
            return exchange(&state.changed, with: [:])
        }
        for change in changed.values { publish(.total(of: change.code, from: change.from, to: change.to)) }
    }
}

extension Publication {
    static func total(of code: ShortCode, from: Int64, to: Int64) -> Publication {
        func row(_ total: Int64) -> JSON {
            ["id": .string("lnk_\(code)"), "code": .string(code.description), "totalClicks": .int(Int(total))]
        }
        return Publication(
            .row(RowChange(table: "links", operation: .update, new: row(to), old: row(from))),
            in: .organization(.home), at: .now, size: 128)
    }

    static func created(_ link: Link) -> Publication {
        Publication(
            .row(
                RowChange(
                    table: "links", operation: .insert,
                    new: [
                        "id": .string("lnk_\(link.code)"), "code": .string(link.code.description),
                        "originalUrl": .string(link.destination.description), "isActive": .bool(link.isActive),
                        "totalClicks": 0, "createdAt": .string(link.createdAt.description),
                    ],
                    old: nil)), in: .organization(.home), at: link.createdAt, size: 256 + link.destination.bytes.count)
    }
}
