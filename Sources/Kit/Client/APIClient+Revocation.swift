extension APIClient {
    /// What was taken back.
    public struct RevocationAnswer: Sendable, Codable {
        /// `ticket`, `token`, `session`, `key` or `user`.
        public let revoked: String
        public let user: String
        /// Sockets that were closed.
        public let closed: Int
    }

    /// Takes back a ticket, token or key, with everything bought with it, and closes the sockets opened so.
    public func revoke(_ credential: String) async throws(KitError) -> RevocationAnswer {
        try await post("/api/v1/tickets/revoke", ["credential": .string(credential)])
    }

    /// Takes back all that was issued to a user so far, but for the key this client has.
    public func revokeAll(of user: String) async throws(KitError) -> RevocationAnswer {
        try await post("/api/v1/tickets/revoke", ["user": .string(user)])
    }
}
