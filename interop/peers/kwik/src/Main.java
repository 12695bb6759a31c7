/** HTTP/0.9 over kwik, as a server and as a client, for the interop bench. */
public final class Main {
    public static void main(String[] words) {
        try {
            Arguments arguments = new Arguments(words);
            switch (arguments.verb()) {
                case "serve" -> Server.serve(arguments);
                case "get" -> {
                    Client.get(arguments);
                    // kwik's threads would stay.
                    System.exit(0);
                }
                default -> throw new IllegalArgumentException("serve or get");
            }
        } catch (Exception error) {
            System.err.println("error: " + error);
            System.exit(1);
        }
    }
}
