import Glibc
import Testing

@testable import Kit

struct CompatPortTests {
    @Test func `a taken port ends serve with 69 and says which, and a private server has them or not`() async throws {
        let program = try Program()
        // Taken by this test or, as well, by something else on this machine.
        let listener = try? StreamSocket.listen(.loopback(port: 8_787))
        defer { if let listener { close(listener.descriptor) } }
        let refused = try await program.run("serve", "--temp", "--compat-ports", "--run", "--", "true")
        #expect(refused.status == 69)
        #expect(refused.errors.contains("port 8787") && refused.errors.contains("--compat-ports"), "\(refused.errors)")
    }
}
