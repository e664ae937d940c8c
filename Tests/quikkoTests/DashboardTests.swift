import Foundation
import Glibc
import Testing

@testable import Kit

/// The dashboard in a real Chromium, one scenario of `Tests/browser/dashboard.py` each, and each with a browser and a server of its own.
/// `.ci/browser` gets the browser, `.ci/clients` the library that drives it; without them these tests are skipped, and say so.
///
/// In turn: a browser takes all the cores it can get.
@Suite(.serialized)
struct DashboardTests {
    static let isThere = ThirdPartyTests.isThere && hasChromium

    private static var hasChromium: Bool {
        let folders = ProcessInfo.processInfo.environment["PATH"]?.split(separator: ":") ?? []
        return folders.contains { folder in
            ["chromium", "chromium-browser", "google-chrome"].contains { access("\(folder)/\($0)", X_OK) == 0 }
        }
    }

    private static let skipped: Comment =
        "no Chromium or nothing to drive it: .ci/browser and .ci/clients say what is missing"

    private func play(_ scenario: String) async throws {
        let program = try Program()
        let browser = try program.start(
            [ThirdPartyTests.root.appending(path: "Tests/browser/dashboard.py").path, scenario],
            executable: ThirdPartyTests.python,
            environment: ["QUIKKO_PROGRAM": Program.executable.path, "PYTHONDONTWRITEBYTECODE": "1"])
        var said: [String] = []
        for await line in browser.lines { said.append(line) }
        #expect(await browser.end() == 0, "\(said.joined(separator: "\n"))")
        for line in said { print("dashboard, \(scenario): \(line)") }
    }

    @Test(.enabled(if: isThere, skipped))
    func `a link made on the page is clicked and every number moves without a reload`() async throws {
        try await play("first_click")
    }

    @Test(.enabled(if: isThere, skipped))
    func `a ticket signs in once, and a session ends with signing out`() async throws { try await play("sign_in") }

    @Test(.enabled(if: isThere, skipped))
    func `an e-mail address and a password sign in, and their token is renewed`() async throws {
        try await play("account")
    }

    @Test(.enabled(if: isThere, skipped))
    func `the page catches up exactly with a server that was stopped, and with one that was killed`() async throws {
        try await play("restart")
    }

    @Test(.enabled(if: isThere, skipped))
    func `a gap is shown as a gap, then filled, and then the numbers are exact`() async throws { try await play("gap") }

    @Test(.enabled(if: isThere, skipped))
    func `200 clicks a second change the document at most once a frame`() async throws { try await play("pace") }

    @Test(.enabled(if: isThere, skipped))
    func `an administrator sees the books and a slow consumer as it happens`() async throws { try await play("books") }

    @Test(.enabled(if: isThere, skipped))
    func `every text has contrast, every control a name, and the focus follows the reading order`() async throws {
        try await play("access")
    }
}
