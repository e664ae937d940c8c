import Foundation
import Testing

struct ExampleTests {
    @Test func `every example prints what its last lines say`() async throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized
        let folder = Program.executable.deletingLastPathComponent().path
        let program = try Program()
        let path = "\(folder):\(ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")"
        let result = try await program.run(
            executable: root.appending(path: ".ci/examples"), in: root, environment: ["PATH": path])
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output.matches(of: #/ok: /#).count >= 2)
    }
}
