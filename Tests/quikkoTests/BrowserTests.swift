import Foundation
import Glibc
import Testing

@testable import Kit

/// A page of another origin in a real browser, without a window. Where there is no Chromium the test is skipped, and says so.
struct BrowserTests {
    private static func find(_ names: [String]) -> URL? {
        names.map { URL(filePath: "/usr/bin/\($0)") }.first { FileManager.default.isExecutableFile(atPath: $0.path) }
    }

    private static let chromium = find(["chromium", "chromium-browser", "google-chrome"])
    private static let python = find(["python3"])
    static let isThere = chromium != nil && python != nil

    /// Speaks Engine.IO by itself: polls first, then the upgrade with its probe; each step that goes well leads to the next, and the last is a click
    /// on the link `done`.
    private static let page = """
        <!doctype html><title>dashboard</title><script>
        const [server, ticket] = decodeURIComponent(location.hash.slice(1)).split(' ')
        const base = server + '/socket.io/?EIO=4&transport=polling'
        const expect = (text, start) => { if (!text.startsWith(start)) throw new Error(start + ' expected, not ' + text) }
        const poll = async address => (await fetch(address)).text()
        const say = async (address, body) => expect(await (await fetch(address, {method: 'POST', body})).text(), 'ok')
        // The answer is for navigation, not for this page; the click counts.
        const click = code => fetch(server + '/' + code, {redirect: 'manual'}).catch(() => {})
        async function run() {
          const open = await poll(base)
          expect(open, '0{')
          const session = '&sid=' + JSON.parse(open.slice(1)).sid
          await say(base + session, '40/dashboard,' + JSON.stringify({token: ticket}))
          expect(await poll(base + session), '40/dashboard,{"sid"')
          await say(base + session, '42/dashboard,["subscribe",{"entityId":"guide","entityType":"event"}]')
          expect(await poll(base + session), '42/dashboard,["dashboard:initial"')
          const socket = new WebSocket(base.replace('http', 'ws').replace('polling', 'websocket') + session)
          const heard = []
          let wake = () => {}
          socket.onmessage = message => { heard.push(message.data); wake() }
          const next = async () => {
            while (heard.length == 0) await new Promise(resolve => wake = resolve)
            return heard.shift()
          }
          await new Promise(resolve => socket.onopen = resolve)
          socket.send('2probe')
          expect(await next(), '3probe')
          socket.send('5')
          await click('guide')
          expect(await next(), '42/dashboard,["metric:update",{"entityId":"guide","metricName":"clicks","value":1,')
          await click('done')
        }
        run()
        </script>
        """

    @Test(.enabled(if: isThere, "no browser: install chromium and python3"))
    func `a page polls across origins, moves to a WebSocket, and hears a click`() async throws {
        let program = try Program()
        let folder = program.home.appending(path: "page")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Self.page.write(to: folder.appending(path: "index.html"), atomically: true, encoding: .utf8)
        let pages = try program.start(
            ["-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", folder.path],
            executable: #require(Self.python))
        var said = pages.lines.makeAsyncIterator()
        let greeting = try #require(await said.next())
        let port = try #require(greeting.firstMatch(of: /port (\d+)/)).1
        let server = try await program.serve(environment: ["ALLOWED_ORIGINS": "http://127.0.0.1:\(port)"])
        let environment = ["QUIKKO_URL": server.url]
        for code in ["guide", "done"] {
            let made = try await program.run("shorten", "--code", code, "https://swift.org", environment: environment)
            #expect(made.status == 0, "\(made.errors)")
        }
        let ticket = try await program.run("ticket", "new", "-o", "quiet", environment: environment).output
            .trimmingCharacters(in: .whitespacesAndNewlines)
        let browser = try program.start(
            [
                "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage",
                "--user-data-dir=\(program.home.appending(path: "browser").path)", "--remote-debugging-port=0",
                "http://127.0.0.1:\(port)/#\(server.url)%20\(ticket)",
            ], executable: #require(Self.chromium))
        let done = try await program.run(
            "subscribe", "done", "--count", "1", "--timeout", "4m", "--since", "10m", environment: environment)
        #expect(done.status == 0, "the page did not come to its end: \(done.errors)")
        browser.signal(SIGKILL)
        _ = await browser.end()
        pages.signal(SIGTERM)
        _ = await pages.end()
        server.signal(SIGTERM)
        #expect(await server.end() == 0)
    }
}
