/// May this identity hear this room?
enum RoomPolicy {
    /// A link's room is its owner's. An absent link and a foreign one are refused alike, so that nobody learns which codes exist.
    static func allows(_ identity: Identity, _ room: Room, links: LinkTable) -> Result<Void, KitError> {
        let isAllowed =
            switch room {
            case .user(let id): id == identity.user
            case .link(let code): links.entry(code)?.link.owner == identity.user
            // A codec joins its own organization by itself; nobody asks for one.
            case .organization, .member, .accounts, .account, .totals, .entity, .dashboards: false
            }
        guard !isAllowed else { return .success(()) }
        let message =
            switch room {
            case .user: "this room is another user's"
            case .link: "no link of yours has this code"
            case .organization, .member, .accounts, .account, .totals, .entity, .dashboards:
                "this room is not for the asking"
            }
        return .failure(KitError(.forbidden, message))
    }
}
