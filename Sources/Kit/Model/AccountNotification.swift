/// Something told to one account, and kept for it.
struct AccountNotification: Sendable, Equatable {
    /// Positive; a later one has a higher.
    let id: Int
    let account: AccountID
    /// An object; by convention with a `type` and a `message`.
    let data: JSON
    let createdAt: Timestamp
    var isRead = false
}

/// A stretch of what is kept for an account, the newest first.
struct NotificationPage: Sendable, Equatable {
    var notifications: [AccountNotification] = []
    /// All that are kept for it.
    var total = 0
    var unread = 0
}
