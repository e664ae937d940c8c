import NIOCore
import Synchronization

/// Makes notifications: stored first, then told to every open tab of the account.
///
/// All are made on one loop, so that ids, rows and frames have one order.
final class Notifications: Sendable {
    private let recorder: ClickRecorder
    private let sequencer: Sequencer
    private let most: Int
    private let last: Atomic<Int>

    /// - Parameter last: The highest id given so far.
    init(recorder: ClickRecorder, sequencer: Sequencer, last: Int, most: Int) {
        self.recorder = recorder
        self.sequencer = sequencer
        self.most = most
        self.last = Atomic(last)
    }

    /// - Parameters:
    ///   - home: The loop all notifications are made on.
    ///   - isUrgent: Somebody waits for it.
    ///   - reached: Gets how many open tabs hear it.
    /// - Throws: into the future what the store throws; then nothing is told.
    func tell(
        _ account: AccountID, _ data: JSON, at now: Timestamp, on home: any EventLoop, isUrgent: Bool = false,
        counting reached: DeliveryCount? = nil
    ) -> EventLoopFuture<AccountNotification> {
        home.flatSubmit { [self] in
            let id = last.add(1, ordering: .relaxed).newValue
            let notification = AccountNotification(id: id, account: account, data: data, createdAt: now)
            let publication = Publication(
                .notification(notification), in: .account(account), at: now, size: data.text.utf8.count)
            return recorder.apply(.notification(notification, keeping: most), on: home, isUrgent: isUrgent).map {
                [self] in
                sequencer.publish(publication, counting: reached)
                return notification
            }
        }
    }
}
