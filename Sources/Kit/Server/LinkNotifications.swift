import Logging
import NIOCore
import Synchronization

/// Which notifications owners get of what happens to their links.
public enum NotificationPolicy: String, Sendable, CaseIterable {
    /// Of clicks, of milestones and of new links.
    case clicks
    /// Of milestones and of new links.
    case milestones
    case off
}

/// Tells owners what happens to their links: at most ten notifications a second and owner, however many clicks there are.
///
/// Bounded: an owner's clicks wait as one, and beside them 16 other words; above that the arriving word is not told.
final class LinkNotifications: Sendable {
    private struct Waiting {
        /// The last one, standing for all of them.
        var click: Click?
        var clicks = 0
        /// They were of more than one link.
        var isMixed = false
        var words: [JSON] = []

        /// One notification's worth.
        mutating func next() -> JSON? {
            if !words.isEmpty { return words.removeFirst() }
            guard let click = exchange(&click, with: nil) else { return nil }
            defer { (clicks, isMixed) = (0, false) }
            return .clicked(click, times: clicks, isMixed: isMixed)
        }

        mutating func add(_ word: JSON) { if words.count < LinkNotifications.mostWords { words.append(word) } }
    }

    private struct State {
        /// No larger than the number of owners whose links something happened to since the last turn, or who have words left.
        var owners: [AccountID: Waiting] = [:]
        var isScheduled = false
    }

    fileprivate static let mostWords = 16
    private static let interval = TimeAmount.milliseconds(100)

    private let policy: NotificationPolicy
    private let notifications: Notifications
    private let log: Logger
    private let state = Guarded(State())

    init(_ policy: NotificationPolicy, _ notifications: Notifications, log: Logger) {
        self.policy = policy
        self.notifications = notifications
        self.log = log
    }

    /// These clicks have been logged. A few additions for each; nothing of it happens where redirects are answered.
    func take(_ clicks: [Click], on loop: any EventLoop) {
        guard policy != .off, !clicks.isEmpty else { return }
        schedule(on: loop) { owners in
            var rest = clicks[...]
            while let first = rest.first {
                let run = rest.prefix { $0.ownerKey == first.ownerKey }
                rest = rest.dropFirst(run.count)
                Self.note(run, policy, in: &owners[Int(first.ownerKey), default: Waiting()])
            }
        }
    }

    private static func note(_ clicks: ArraySlice<Click>, _ policy: NotificationPolicy, in waiting: inout Waiting) {
        for click in clicks {
            if click.linkNumber.isMilestone { waiting.add(.milestone(click)) }
            guard policy == .clicks else { continue }
            if let last = waiting.click, last.link != click.link { waiting.isMixed = true }
            waiting.click = click
            waiting.clicks += 1
        }
    }

    func created(_ link: Link, on loop: any EventLoop) {
        guard policy != .off else { return }
        schedule(on: loop) { $0[link.ownerKey, default: Waiting()].add(.created(link)) }
    }

    private func schedule(on loop: any EventLoop, _ note: (inout [AccountID: Waiting]) -> Void) {
        let schedules = state.withLock { state in
            note(&state.owners)
            return !exchange(&state.isScheduled, with: true)
        }
        if schedules { loop.scheduleTask(in: Self.interval) { [self] in turn(on: loop) } }
    }

    /// One notification for each owner who has any.
    private func turn(on loop: any EventLoop) {
        let (words, goesOn) = state.withLock { state in
            var words: [(AccountID, JSON)] = []
            for owner in Array(state.owners.keys) {
                // Whoever has nothing left waits out one turn more: that keeps two notifications an interval apart.
                if let word = state.owners[owner]?.next() {
                    words.append((owner, word))
                } else {
                    state.owners[owner] = nil
                }
            }
            state.isScheduled = !state.owners.isEmpty
            return (words, state.isScheduled)
        }
        for (owner, word) in words {
            notifications.tell(owner, word, at: .now, on: loop).whenFailure { [log] error in
                log.debug("a notification could not be stored", metadata: ["error": "\(error)"])
            }
        }
        if goesOn { loop.scheduleTask(in: Self.interval) { [self] in turn(on: loop) } }
    }
}

extension Int64 {
    /// 1, 10, 100 and so on.
    fileprivate var isMilestone: Bool {
        guard self > 1 else { return self == 1 }
        var rest = self
        while rest % 10 == 0 { rest /= 10 }
        return rest == 1
    }
}

extension JSON {
    fileprivate static func clicked(_ click: Click, times: Int, isMixed: Bool) -> JSON {
        let what = isMixed ? "Your links were opened" : "Your link \(click.code) was opened"
        let members: [(String, JSON)] = [
            ("type", "link_clicked"), ("message", .string(times > 1 ? "\(what) \(times) times" : what)),
            ("shortCode", .string(click.code.description)), ("country", .string(click.details.country.description)),
            ("deviceType", .string(click.details.device.name.description)),
            ("browser", .string(click.details.browser.name.description)),
            ("clickedAt", .string(click.at.millisecondsDescription)),
        ]
        return .object(.init(members + (times > 1 ? [("clicks", .int(times))] : [])))
    }

    fileprivate static func milestone(_ click: Click) -> JSON {
        let times = click.linkNumber == 1 ? "for the first time" : "\(click.linkNumber) times"
        return [
            "type": "click_milestone", "message": .string("Your link \(click.code) has been opened \(times)"),
            "shortCode": .string(click.code.description), "totalClicks": .int(Int(click.linkNumber)),
        ]
    }

    fileprivate static func created(_ link: Link) -> JSON {
        [
            "type": "link_created", "message": .string("Your link \(link.code) is ready"),
            "shortCode": .string(link.code.description), "originalUrl": .string(link.destination.description),
            "createdAt": .string(link.createdAt.millisecondsDescription),
        ]
    }
}
