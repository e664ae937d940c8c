/// An event that is not a click, addressed to one room: told to whoever is there, not numbered and not kept.
///
/// Never changed; shared by the loops that deliver it.
final class Publication: Sendable {
    enum Kind: Sendable, Equatable {
        /// A row of a table was added, changed or removed.
        case row(RowChange)
        /// A named event of an application.
        case broadcast(name: String, payload: JSON)
        /// A notification that is stored.
        case notification(AccountNotification)
        /// A message for QuickDapp's sockets, as it goes out.
        case envelope(JSON)
        /// A new value of a metric.
        case metric(Metric)
        /// A dashboard has changed.
        case dashboard(DashboardChange)
    }

    let kind: Kind
    let room: Room
    /// Only subscribers with one of these roles hear it; everyone when it is empty. `x+` is x and every higher role.
    let roles: [String]
    let at: Timestamp
    /// What it weighs in an inbox, a click being 1.
    let weight: Int

    /// - Parameter size: Bytes of its contents, about.
    init(_ kind: Kind, in room: Room, roles: [String] = [], at: Timestamp, size: Int) {
        self.kind = kind
        self.room = room
        self.roles = roles
        self.at = at
        weight = 1 + size / 256
    }
}

/// What happened to a row.
struct RowChange: Sendable, Equatable {
    enum Operation: String, Sendable, CaseIterable {
        case insert = "INSERT"
        case update = "UPDATE"
        case delete = "DELETE"
    }

    let table: String
    let operation: Operation
    /// An object, unless the row was removed.
    let new: JSON?
    /// An object, unless the row was added.
    let old: JSON?
}
