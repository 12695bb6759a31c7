import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import tech.kwik.agent15.TlsConstants.CipherSuite;
import tech.kwik.core.QuicClientConnection;
import tech.kwik.core.QuicClientConnection.StreamEarlyData;
import tech.kwik.core.QuicConnection.QuicVersion;
import tech.kwik.core.QuicSessionTicket;
import tech.kwik.core.QuicStream;
import tech.kwik.core.impl.QuicClientConnectionImpl;
import tech.kwik.core.impl.QuicClientConnectionImpl.EarlyDataStatus;

final class Client {
    /** A ticket may come after the file: within a second. */
    private static final int TICKET_CHECKS = 50;

    private final Arguments arguments;
    private final QuicClientConnectionImpl connection;
    private final ExecutorService threads = Executors.newFixedThreadPool(50);
    private final ScheduledExecutorService pings = Executors.newSingleThreadScheduledExecutor();

    static void get(Arguments arguments) throws Exception {
        QuicSessionTicket ticket = null;
        for (List<String> names : arguments.visits()) {
            Path keys = Path.of(arguments.text("keylog") + ".visit");
            Client client = new Client(arguments, ticket, keys);
            try {
                client.visit(names, ticket);
                if (arguments.has("resume") && ticket == null) ticket = client.ticket();
                client.connection.closeAndWait(Duration.ofSeconds(1));
            } finally {
                // kwik begins the file anew for each connection.
                Files.write(
                        Path.of(arguments.text("keylog")),
                        Files.readAllBytes(keys),
                        StandardOpenOption.CREATE,
                        StandardOpenOption.APPEND);
            }
        }
    }

    private Client(Arguments arguments, QuicSessionTicket ticket, Path keys) throws Exception {
        this.arguments = arguments;
        QuicClientConnection.Builder builder = QuicClientConnectionImpl.newExtendedBuilder()
                // Certificates are for names here.
                .host("localhost")
                .port(Integer.parseInt(arguments.text("port")))
                .applicationProtocol(arguments.text("alpn"))
                .customTrustManager(Pem.trustIn(Path.of(arguments.text("ca"))))
                .initialVersion(version("version"))
                .connectTimeout(Duration.ofSeconds(arguments.has("patient") ? 180 : 20))
                .maxIdleTimeout(Duration.ofSeconds(arguments.has("patient") ? 180 : 30))
                .defaultStreamReceiveBufferSize(1_000_000L)
                .socketFactory(server -> new DatagramSocket(local()))
                .secrets(keys);
        if (isIpv6()) builder.preferIPv6();
        else builder.preferIPv4();
        if (arguments.has("preferred-version")) builder.preferredVersion(version("preferred-version"));
        if (arguments.has("chacha20")) builder.cipherSuite(CipherSuite.TLS_CHACHA20_POLY1305_SHA256);
        if (arguments.has("datagrams")) builder.enableDatagramExtension();
        if (ticket != null) builder.sessionTicket(ticket);
        connection = (QuicClientConnectionImpl) builder.build();
    }

    private boolean isIpv6() {
        return arguments.text("host").contains(":");
    }

    private QuicVersion version(String name) {
        return arguments.text(name).equals("2") ? QuicVersion.V2 : QuicVersion.V1;
    }

    /** Where the next socket is bound: after the first one, where the client moves to. */
    private InetSocketAddress local() {
        boolean moves = connection != null && arguments.has("migrate");
        String host = moves ? arguments.text("migrate") : isIpv6() ? "::1" : "127.0.0.1";
        return new InetSocketAddress(host, 0);
    }

    private void visit(List<String> names, QuicSessionTicket ticket) throws Exception {
        BlockingQueue<byte[]> datagrams = new ArrayBlockingQueue<>(64);
        connection.setDatagramHandler(datagrams::add);
        if (arguments.has("early-data") && ticket != null) {
            fetchEarly(names);
            return;
        }
        connection.connect();
        // Who only listens is not found again after a change of its address. Each PING puts off the probe timeout of kwik's
        // handshake, so that there are none where handshakes are what is tried.
        if (!arguments.has("connection-per-file")) pings.scheduleAtFixedRate(connection::ping, 1, 1, TimeUnit.SECONDS);
        if (arguments.has("migrate")) {
            fetch(names.subList(0, 1));
            connection.changeAddress();
            fetch(names.subList(1, names.size()));
        } else {
            fetch(names);
        }
        if (arguments.has("datagrams")) exchangeDatagrams(datagrams);
    }

    private void fetch(List<String> names) throws Exception {
        List<Future<?>> fetches = new ArrayList<>();
        for (String name : names) {
            fetches.add(threads.submit(() -> {
                QuicStream stream = connection.createStream(true);
                stream.getOutputStream().write(request(name));
                stream.getOutputStream().close();
                save(stream, name);
                return null;
            }));
        }
        for (Future<?> fetch : fetches) fetch.get();
    }

    private void fetchEarly(List<String> names) throws Exception {
        List<QuicStream> streams =
                connection.connect(names.stream().map(name -> new StreamEarlyData(request(name), true)).toList());
        if (connection.getEarlyDataStatus() != EarlyDataStatus.Accepted) throw new IOException("0-RTT was rejected");
        for (int i = 0; i < names.size(); i++) {
            if (streams.get(i) == null) throw new IOException("no stream for " + names.get(i));
            save(streams.get(i), names.get(i));
        }
    }

    private static byte[] request(String name) {
        return ("GET /" + name + "\r\n").getBytes(StandardCharsets.US_ASCII);
    }

    private void save(QuicStream stream, String name) throws IOException {
        InputStream body = stream.getInputStream();
        try (OutputStream file = Files.newOutputStream(Path.of(arguments.text("out"), name))) {
            file.write(body.readNBytes(1000));
            // By now the handshake is confirmed, before which kwik updates no keys.
            if (arguments.has("key-update")) connection.updateKeys();
            body.transferTo(file);
        }
    }

    private void exchangeDatagrams(BlockingQueue<byte[]> datagrams) throws Exception {
        for (int number = 0; number < 20; number++) {
            byte[] sent = new byte[100];
            Arrays.fill(sent, (byte) number);
            connection.sendDatagram(sent);
            if (!Arrays.equals(datagrams.poll(5, TimeUnit.SECONDS), sent))
                throw new IOException("another datagram came back, or none");
        }
        System.out.println("datagrams came back");
    }

    private QuicSessionTicket ticket() throws Exception {
        for (int i = 0; i < TICKET_CHECKS && connection.getNewSessionTickets().isEmpty(); i++) Thread.sleep(20);
        List<QuicSessionTicket> tickets = connection.getNewSessionTickets();
        if (tickets.isEmpty()) throw new IOException("no ticket came");
        return tickets.get(tickets.size() - 1);
    }
}
