import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/** PEM files as what kwik takes. */
final class Pem {
    static final String ALIAS = "interop";
    static final char[] PASSWORD = "interop".toCharArray();

    /** A chain and its P-256 key. */
    static KeyStore keyStore(Path certificate, Path key) throws IOException, GeneralSecurityException {
        String base64 = Files.readString(key).replaceAll("-----[^-]+-----|\\s", "");
        PrivateKey secret = KeyFactory.getInstance("EC")
                .generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(base64)));
        KeyStore store = empty();
        store.setKeyEntry(ALIAS, secret, PASSWORD, certificates(certificate));
        return store;
    }

    /**
     * Trust in what an authority signed. kwik names every key exchange RSA to a trust manager, for which a key would have to
     * be there for encipherment; the keys of TLS 1.3 are there for signatures.
     */
    static X509TrustManager trustIn(Path authority) throws IOException, GeneralSecurityException {
        KeyStore store = empty();
        store.setCertificateEntry(ALIAS, certificates(authority)[0]);
        TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
        factory.init(store);
        X509TrustManager manager = (X509TrustManager) factory.getTrustManagers()[0];
        return new X509TrustManager() {
            @Override
            public void checkServerTrusted(X509Certificate[] chain, String keyExchange) throws CertificateException {
                manager.checkServerTrusted(chain, "UNKNOWN");
            }

            @Override
            public void checkClientTrusted(X509Certificate[] chain, String keyExchange) throws CertificateException {
                throw new CertificateException("no client certificates here");
            }

            @Override
            public X509Certificate[] getAcceptedIssuers() {
                return manager.getAcceptedIssuers();
            }
        };
    }

    private static KeyStore empty() throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, PASSWORD);
        return store;
    }

    private static Certificate[] certificates(Path path) throws IOException, GeneralSecurityException {
        try (InputStream pem = Files.newInputStream(path)) {
            return CertificateFactory.getInstance("X.509").generateCertificates(pem).toArray(new Certificate[0]);
        }
    }
}
