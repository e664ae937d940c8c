import NIOCore
import NIOHTTP1

/// `/api/v1/auth/…`: accounts with a password, as the original's dashboard has them.
enum AccountRoutes {
    private static let accessTime = Duration.seconds(900)
    private static let refreshTime = Duration.seconds(604_800)

    private struct Credentials: Decodable {
        let email: String
        let password: String
    }

    /// 201 with a session, where registration is allowed.
    static func register(_ call: Call) throws(KitError) -> EventLoopFuture<HTTPResponse> {
        let services = call.services
        guard services.configuration.allowsRegistration else {
            throw KitError(
                .forbidden, "registration is off here; the server is started with --allow-registration for it")
        }
        try limit(services.registerLimit, call)
        let credentials = try call.body(Credentials.self)
        try check(email: credentials.email)
        try check(password: credentials.password)
        let id = UserID.random()
        guard let key = services.directory.reserve(email: credentials.email, for: id) else {
            throw KitError(.emailTaken, "somebody has an account with this address; log in")
        }
        let user = User(
            id: id, key: key, uuid: UniversalID.random(), email: credentials.email, scope: .user, createdAt: call.now)
        return services.passwords.hash(credentials.password, on: call.server.loop).flatMap { hash in
            services.recorder.apply(.account(user, hash), on: call.server.loop).flatMapThrowing {
                services.directory.set(user, password: hash)
                return try session(for: user, status: .created, call)
            }
        }.flatMapErrorThrowing { error in
            if services.directory.user(id) == nil { services.directory.release(email: credentials.email) }
            throw error
        }
    }

    /// An unknown address and a wrong password are answered alike, and take as long.
    static func login(_ call: Call) throws(KitError) -> EventLoopFuture<HTTPResponse> {
        try limit(call.services.loginLimit, call)
        let credentials = try call.body(Credentials.self)
        guard credentials.password.utf8.count <= 288 else { throw .wrongCredentials }
        let account = call.services.directory.account(email: credentials.email)
        return call.services.passwords
            .check(credentials.password, against: account?.password, on: call.server.loop)
            .flatMapThrowing { matches in
                guard matches, let account else { throw KitError.wrongCredentials }
                return try session(for: account.user, status: .ok, call)
            }
    }

    /// A new access token; the refresh token stays as it is.
    static func refresh(_ call: Call) throws(KitError) -> HTTPResponse {
        struct Request: Decodable { let refreshToken: String }
        let token = try call.services.authenticator.refreshed(
            call.body(Request.self).refreshToken, access: accessTime, now: call.now)
        return HTTPResponse(["accessToken": .string(token)])
    }

    static func me(_ call: Call) throws(KitError) -> HTTPResponse {
        HTTPResponse(view(of: try LinkRoutes.owner(call).1))
    }

    /// `currentPassword` is needed by whoever has one.
    static func changePassword(_ call: Call) throws(KitError) -> EventLoopFuture<HTTPResponse> {
        struct Request: Decodable {
            let currentPassword: String?
            let newPassword: String
        }
        let services = call.services
        let (_, user) = try LinkRoutes.owner(call)
        try limit(services.loginLimit, call)
        let request = try call.body(Request.self)
        try check(password: request.newPassword)
        let kept = services.directory.account(email: user.email)?.password
        let isRight =
            kept == nil
            ? call.server.loop.makeSucceededFuture(true)
            : services.passwords.check(request.currentPassword ?? "", against: kept, on: call.server.loop)
        return isRight.flatMap { isRight in
            guard isRight else { return call.server.loop.makeFailedFuture(KitError.wrongCredentials) }
            return services.passwords.hash(request.newPassword, on: call.server.loop).flatMap { hash in
                services.recorder.apply(.account(user, hash), on: call.server.loop).map {
                    services.directory.set(user, password: hash)
                    return HTTPResponse(.null)
                }
            }
        }
    }

    static func summary(_ call: Call) throws(KitError) -> HTTPResponse {
        let (_, user) = try LinkRoutes.owner(call)
        return HTTPResponse([
            "email": .string(user.email), "plan": "pro", "createdAt": .string(user.createdAt.secondsDescription),
            "activeUrlsCount": .int(call.services.links.activeCount(ownedBy: user.key)), "activeUrlsLimit": nil,
            "totalClicks": .int(Int(call.services.sequencer.head(of: .owner(Int32(user.key))).number)),
        ])
    }

    private static func session(
        for user: User, status: HTTPResponseStatus, _ call: Call
    ) throws(KitError) -> HTTPResponse {
        let tokens = try call.services.authenticator.makeSession(
            for: user, access: accessTime, refresh: refreshTime, now: call.now)
        return HTTPResponse(
            status: status,
            [
                "accessToken": .string(tokens.access), "refreshToken": .string(tokens.refresh), "user": view(of: user),
            ])
    }

    private static func view(of user: User) -> JSON {
        ["id": .string(user.id.description), "email": .string(user.email), "plan": "pro"]
    }

    private static func limit(_ limit: RateLimit<ClientAddress>, _ call: Call) throws(KitError) {
        let address = call.client(isTrusted: call.services.configuration.trustsProxy)
        try limit.check(address, now: call.now, "too many attempts from this address; wait a minute")
    }

    private static func check(email: String) throws(KitError) {
        let parts = email.split(separator: "@", omittingEmptySubsequences: false)
        let isPlain = email.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value != 0x7f }
        guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }), isPlain, email.utf8.count <= 254 else {
            throw KitError(.invalid, "email must be an address of at most 254 characters")
        }
    }

    private static func check(password: String) throws(KitError) {
        guard (8...72).contains(password.unicodeScalars.count) else {
            throw KitError(.invalid, "a password has 8 to 72 characters")
        }
    }
}

extension KitError {
    fileprivate static var wrongCredentials: KitError {
        KitError(.wrongPassword, "the address or the password is not right")
    }
}
