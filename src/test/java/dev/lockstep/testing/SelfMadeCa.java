package dev.lockstep.testing;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.Key;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** A certificate authority of a test's own, made with the JDK's keytool. */
public record SelfMadeCa(Path folder) {

    private static final String PASSWORD = "changeit";

    /** @param folder its own, and new */
    public static SelfMadeCa make(Path folder) throws Exception {
        Files.createDirectories(folder);
        SelfMadeCa ca = new SelfMadeCa(folder);
        ca.keytool("ca", List.of("-ext", "bc:critical=ca:true"));
        Files.writeString(
                ca.root(), pem("CERTIFICATE", ca.store().getCertificate("ca").getEncoded()));
        return ca;
    }

    /** Its own certificate, for {@code sslrootcert}. */
    public Path root() {
        return folder.resolve("root.crt");
    }

    public Path serverCertificate() {
        return folder.resolve("server.crt");
    }

    public Path serverKey() {
        return folder.resolve("server.key");
    }

    /** Signs one for the server that is called {@code host}. */
    public SelfMadeCa sign(String host) throws Exception {
        keytool("server", List.of("-ext", "san=dns:" + host, "-signer", "ca"));
        KeyStore store = store();
        StringBuilder chain = new StringBuilder();
        for (Certificate certificate : store.getCertificateChain("server")) {
            chain.append(pem("CERTIFICATE", certificate.getEncoded()));
        }
        Files.writeString(serverCertificate(), chain);
        Key key = store.getKey("server", PASSWORD.toCharArray());
        Files.createFile(
                serverKey(), PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(serverKey(), pem("PRIVATE KEY", key.getEncoded()));
        return this;
    }

    private KeyStore store() throws Exception {
        return KeyStore.getInstance(keys().toFile(), PASSWORD.toCharArray());
    }

    private Path keys() {
        return folder.resolve("keys.p12");
    }

    private void keytool(String alias, List<String> more) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                alias,
                "-keyalg",
                "RSA",
                "-keysize",
                "2048",
                "-sigalg",
                "SHA256withRSA",
                "-dname",
                "CN=" + alias,
                "-validity",
                "2",
                "-storetype",
                "PKCS12",
                "-keystore",
                keys().toString(),
                "-storepass",
                PASSWORD));
        command.addAll(more);
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IllegalStateException("keytool: " + said);
        }
    }

    private static String pem(String what, byte[] content) {
        return "-----BEGIN " + what + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content) + "\n-----END " + what
                + "-----\n";
    }
}
