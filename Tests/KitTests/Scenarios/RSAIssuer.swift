/// Somebody else who signs tokens, under RS256. The private key is nowhere: it signed this one token.
enum RSAIssuer {
    static let publicKey = """
        -----BEGIN PUBLIC KEY-----
        MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAtC4btTfvAz4posk+2THx
        rN+itWJXzlnfXgEPXY6RNFaq/JUC7vKlTE9wyAhY/nVHB/sJkVUIixW7U21oANYW
        hiUtM+FP5RoZBXGlNUezdg9xnFmOY51XBcaYlQn5/F1CILlTDgWtVqjDU+m3eXu9
        kQ/LHaAmpjrpdGBgDTioIShnEgB+UbMcSBDCOk9gE2wEEvWvGCwxsP2gkANMQWrJ
        zxoCRHBNWNHv7HJSeXYGAxzgVetiUflczYrEO9L5uAXxwDZf2g+KUS7FhvjRv4E2
        YiZARGbBFZViedBlEziBjxS5I0a+33JHx65hZz3rIeWMVJEx0CNKM+64+v6LrVAL
        JQIDAQAB
        -----END PUBLIC KEY-----
        """

    /// `{"sub":"u-1","tenantId":"t-9","exp":4102444800}`
    static let token = """
        eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ1LTEiLCJ0ZW5hbnRJZCI6InQtOSIsImV4cCI6NDEwMjQ0NDgwMH0\
        .KLg3OBSgxOavueuEImSVGEkawKQHql5UyaIvtBBxDVRqlGzr1Pcyt4w0eiX2nZ4d8hSDF-tknxRCAmed5RB64sODrl_J1__fgBi\
        u4c827xGjquO9VpIyLcMCjdyhJzvAoE89OgOops4IfrYRuSXK61F5D3aQnu0j4xLJsJxVnxL12jLZw0bJJlOawWfyI-iYnPUufyq\
        FTiE2ERJX3RIpvsF5Ecg3T33ld7nyTAqqOf78MIOo849iBZiOOhxkKImp4Ve_2uzP32Zx1_0HJLbYfWBx3REnQ-eVHUXbRaW8s44\
        KJiLI0R2eS6eLh95TZyewk9Ekt9IAyBtLZcZrmUZRiw
        """
}
