import Testing

@testable import Kit

struct SensitiveFieldsTests {
    @Test(
        arguments: [
            ("email", .email), ("workEmail", .email), ("work_email", .email), ("WORK_EMAIL", .email), ("Email", .email),
            ("mobile", .phone), ("homeFax", .phone), ("socialSecurity", .ssn), ("national_id", .ssn),
            ("cc", .creditCard), ("cardNumber", .creditCard), ("customerAPIKey", .redact), ("apiKey", .redact),
            ("privateKey", .redact),
            ("stripe", .redact), ("signing-secret", .redact), ("token", .redact), ("phone2", .phone),
            ("headphone", nil), ("emailed", nil), ("emailVerified", nil), ("acc", nil), ("key", nil), ("", nil),
            ("_", nil), ("id", nil), ("clickedAt", nil), ("code", nil), ("aVeryLongNameThatEndsInNothing", nil),
            ("ñ", nil),
        ] as [(String, RowMask?)])
    func `a field's last words say whether it is sensitive`(field: String, mask: RowMask?) {
        #expect(SensitiveFields.mask(of: field) == mask)
    }
}
