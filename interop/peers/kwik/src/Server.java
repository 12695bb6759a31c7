import java.io.IOException;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import tech.kwik.core.QuicClientConnection;
import tech.kwik.core.QuicConnection;
import tech.kwik.core.QuicConnection.QuicVersion;
import tech.kwik.core.QuicStream;
import tech.kwik.core.log.NullLogger;
import tech.kwik.core.server.ApplicationProtocolConnection;
import tech.kwik.core.server.ApplicationProtocolConnectionFactory;
import tech.kwik.core.server.ServerConnectionConfig;
import tech.kwik.core.server.ServerConnector;

final class Server {
    private static final int STREAMS = 100;

    static void serve(Arguments arguments) throws Exception {
        ServerConnectionConfig config = ServerConnectionConfig.builder()
                .maxIdleTimeoutInSeconds(arguments.has("patient") ? 180 : 30)
                .maxOpenPeerInitiatedBidirectionalStreams(STREAMS)
                .maxBidirectionalStreamBufferSize(1_000_000)
                .maxConnectionBufferSize(10_000_000)
                .retryRequired(arguments.has("retry"))
                .connectionIdLength(8)
                .build();
        InetSocketAddress address =
                new InetSocketAddress(arguments.text("host"), Integer.parseInt(arguments.text("port")));
        ServerConnector connector = ServerConnector.builder()
                .withSocket(new DatagramSocket(address))
                .withKeyStore(
                        Pem.keyStore(Path.of(arguments.text("cert")), Path.of(arguments.text("key"))),
                        Pem.ALIAS,
                        Pem.PASSWORD)
                .withSupportedVersions(List.of(QuicVersion.V1, QuicVersion.V2))
                .withConfiguration(config)
                .withLogger(new NullLogger())
                .build();
        connector.registerApplicationProtocol(arguments.text("alpn"), new Files09(Path.of(arguments.text("root"))));
        connector.start();
        warmUp(address.getPort(), arguments);
        System.out.println("listening on " + address);
    }

    /**
     * The first connection of a JVM takes seconds, in which a network may change: it is one of its own. Where its client
     * gives up, as it may do over a long chain, the server has seen it all the same.
     */
    private static void warmUp(int port, Arguments arguments) throws IOException {
        QuicClientConnection.Builder builder = QuicClientConnection.newBuilder()
                .host("localhost")
                .port(port)
                .applicationProtocol(arguments.text("alpn"))
                .connectTimeout(Duration.ofMinutes(1))
                .noServerCertificateCheck();
        QuicClientConnection connection =
                (arguments.text("host").contains(":") ? builder.preferIPv6() : builder.preferIPv4()).build();
        try {
            connection.connect();
            connection.close();
        } catch (ConnectException failure) {
            System.out.println("the first connection: " + failure.getMessage());
        }
    }

    /** Serves files over HTTP/0.9, and sends datagrams back. */
    private record Files09(Path root, ExecutorService threads) implements ApplicationProtocolConnectionFactory {
        Files09(Path root) {
            this(root, Executors.newCachedThreadPool());
        }

        @Override
        public ApplicationProtocolConnection createConnection(String protocol, QuicConnection connection) {
            connection.setDatagramHandler(connection::sendDatagram);
            return new ApplicationProtocolConnection() {
                @Override
                public void acceptPeerInitiatedStream(QuicStream stream) {
                    threads.execute(() -> answer(stream));
                }
            };
        }

        @Override
        public int maxConcurrentPeerInitiatedBidirectionalStreams() {
            return STREAMS;
        }

        @Override
        public int maxConcurrentPeerInitiatedUnidirectionalStreams() {
            return 0;
        }

        @Override
        public boolean enableDatagramExtension() {
            return true;
        }

        private void answer(QuicStream stream) {
            try (OutputStream response = stream.getOutputStream()) {
                String request = new String(stream.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
                if (!request.startsWith("GET /") || request.contains("..")) throw new IOException("not a GET");
                Files.copy(root.resolve(request.substring("GET /".length()).stripTrailing()), response);
            } catch (IOException error) {
                System.err.println("stream: " + error);
            }
        }
    }
}
