import NIOCore

/// The books of one connection, open or closed.
struct ConnectionRecord: Sendable {
    let number: Int
    let user: UserID
    let audience: Audience
    let condition: Outbox.Condition
    let openedAt: NIODeadline
    let closedAt: NIODeadline?
    let closeCode: CloseCode?
    let books: Outbox.Books
    let pending: Int
    /// When the click of its oldest waiting message was served.
    let oldest: Timestamp?

    /// - Parameter now: When it closed; nil while it is open.
    init?(_ connection: some HubClient, now: NIODeadline? = nil) {
        guard let subscriber = connection.subscriber else { return nil }
        number = connection.admission.number
        user = connection.admission.identity.user
        audience = connection.admission.audience
        condition = subscriber.condition
        openedAt = connection.openedAt
        closedAt = now
        closeCode = connection.closeCode
        books = subscriber.books
        pending = subscriber.outbox.pending
        oldest = subscriber.outbox.oldest
    }
}
