/// `/api/v1/auth/me…`: the caller's own account.
enum AccountRoutes {
    static func summary(_ call: Call) throws(KitError) -> HTTPResponse {
        let caller = try call.caller()
        guard let user = call.services.directory.user(caller.user) else {
            throw KitError(.unauthorized, "the token's user does not exist")
        }
        return HTTPResponse([
            "email": .string(user.email), "plan": "pro", "createdAt": .string(user.createdAt.secondsDescription),
            "activeUrlsCount": .int(call.services.links.activeCount(ownedBy: user.key)), "activeUrlsLimit": nil,
            "totalClicks": .int(Int(call.services.sequencer.head(of: .owner(Int32(user.key))).number)),
        ])
    }
}
