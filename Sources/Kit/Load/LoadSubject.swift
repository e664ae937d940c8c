import Foundation
import Glibc

/// The server under test, ready to be loaded.
struct LoadSubject: Sendable {
    var setup: LoadSetup
    /// Of a quikko, as whoever may see its books; nil for any other feed.
    let client: APIClient?
    /// As an administrator: the server's books can be read.
    let seesBooks: Bool
    let links: [ShortCode]
    /// Opens sockets; empty for any other feed.
    let token: String
    let own: PrivateServer?
    /// `private`, `remote` or `foreign`.
    let kind: String
    let url: String
    let isOnThisHost: Bool

    /// Starts the server where it is ours, and makes links and a token.
    ///
    static func prepare(
        _ target: LoadTest.Target, _ plan: LoadPlan, _ wire: LoadTest.Wire, _ program: String,
        _ children: RunningChildren
    ) async throws(KitError) -> LoadSubject {
        switch target {
        case .own(let directory, let arguments):
            // Before it is started: a server without descriptors to spare has worse words for it.
            _ = try LoadLimits.prepare(for: plan, toLoopback: true)
            let server = try PrivateServer(
                program: program, directory: directory, arguments: arguments, keepsSocket: plan.kind == .restart,
                children: children)
            do {
                return try await quikko(APIClient(server.origin, credential: server.key), plan, wire, server)
            } catch {
                server.stop()
                throw error
            }
        case .running(let client): return try await quikko(client, plan, wire, nil)
        case .feed(let feed): return try foreign(feed, plan)
        }
    }

    func end() async { own?.stop() }

    private static func quikko(
        _ client: APIClient, _ plan: LoadPlan, _ wire: LoadTest.Wire, _ own: PrivateServer?
    ) async throws(KitError) -> LoadSubject {
        let origin = client.origin
        guard origin.scheme == "http" else {
            throw KitError(.invalid, "loadtest speaks no TLS; give it the server's plain address")
        }
        let peer = try resolve(origin.host, UInt16(origin.port))
        let sources = try LoadLimits.prepare(for: plan, toLoopback: peer.isLoopback)
        var links: [ShortCode] = []
        var feeds: [LoadSetup.Feed] = []
        for name in plan.kind == .isolation ? ["A", "B"] : ["A"] {
            let link = try await client.shorten("https://example.com/loadtest", code: nil)
            let code = try ShortCode(link.shortCode)
            links.append(code)
            let head = try await client.events(in: .link(code), limit: 0).head
            feeds.append(LoadSetup.Feed(name: name, epoch: head.epoch, base: head.number, request: click(code, origin)))
        }
        // Longer than any plan: an expired one could not come back after a restart.
        let token = try await client.makeTicket(kind: "session", ttl: 172_800).token ?? ""
        let seesBooks = (try? await client.server()) != nil
        return LoadSubject(
            setup: LoadSetup(
                feeds: feeds, dialect: wire.dialect(token: token, links: links),
                publishing: .click(targets: links.map { "/\($0)" }), peer: peer, publisherPeer: peer,
                authority: "\(origin.host):\(origin.port)", nonce: nonce(), sources: sources),
            client: client, seesBooks: seesBooks, links: links, token: token, own: own,
            kind: own == nil ? "remote" : "private",
            url: origin.description, isOnThisHost: peer.isLoopback)
    }

    private static func foreign(_ feed: ForeignFeed, _ plan: LoadPlan) throws(KitError) -> LoadSubject {
        let peer = try resolve(feed.address.host, feed.address.port)
        var publisherPeer = peer
        if case .request(let template) = feed.publishing { publisherPeer = try resolve(template.host, template.port) }
        try knock(peer, feed.address.authority)
        try knock(publisherPeer, "the address of --publish")
        let sources = try LoadLimits.prepare(for: plan, toLoopback: peer.isLoopback && publisherPeer.isLoopback)
        return LoadSubject(
            setup: LoadSetup(
                feeds: [LoadSetup.Feed(name: "feed")], dialect: feed.dialect, publishing: feed.publishing, peer: peer,
                publisherPeer: publisherPeer, authority: feed.address.authority, headers: feed.headers, nonce: nonce(),
                sources: sources, isMapped: feed.isNumberedByUs, carriesTime: feed.dialect.time != nil),
            client: nil, seesBooks: false, links: [], token: "", own: nil, kind: "foreign",
            // Without its query, which may hold a credential.
            url: "ws://\(feed.address.authority)\(feed.address.target.prefix { $0 != "?" })",
            isOnThisHost: peer.isLoopback)
    }

    private static func resolve(_ host: String, _ port: UInt16) throws(KitError) -> PeerAddress {
        do {
            return try PeerAddress.resolve(host, port: port)
        } catch {
            throw KitError(.unavailable, "\(error)", cause: error)
        }
    }

    /// Whether anyone is there at all, found out before hundreds of clients try.
    private static func knock(_ peer: PeerAddress, _ name: String) throws(KitError) {
        let refused = KitError(.unavailable, "cannot reach \(name); is the server running?")
        guard let descriptor = (try? StreamSocket.connect(to: peer)) ?? nil else { throw refused }
        defer { close(descriptor) }
        var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        guard poll(&waiting, 1, 5_000) > 0, StreamSocket.connectError(descriptor) == 0 else { throw refused }
    }

    private static func click(_ code: ShortCode, _ origin: Origin) -> [UInt8] {
        let lines = [
            "GET /\(code) HTTP/1.1", "Host: \(origin.host):\(origin.port)", "User-Agent: \(browser)", "Accept: */*",
        ]
        return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    }

    /// Looks like a browser, because quikko reads this field for each click.
    private static let browser =
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"

    private static func nonce() -> String {
        Data((0..<16).map { _ in UInt8.random(in: 0...255) }).base64EncodedString()
    }
}
