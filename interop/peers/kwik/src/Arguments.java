import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What the program is asked to do: {@code serve} or {@code get}, then {@code --name value}, {@code --flag}, and files. */
final class Arguments {
    private static final Set<String> FLAGS =
            Set.of("chacha20", "connection-per-file", "datagrams", "early-data", "key-update", "patient", "resume", "retry");

    private final String verb;
    private final Map<String, String> named = new HashMap<>();
    private final List<String> files = new ArrayList<>();

    Arguments(String[] words) {
        verb = words.length == 0 ? "" : words[0];
        for (int i = 1; i < words.length; i++) {
            if (!words[i].startsWith("--")) {
                files.add(words[i]);
                continue;
            }
            String name = words[i].substring(2);
            named.put(name, FLAGS.contains(name) ? "" : words[++i]);
        }
    }

    String verb() {
        return verb;
    }

    /** The value of an option that must be there. */
    String text(String name) {
        if (!named.containsKey(name)) throw new IllegalArgumentException("--" + name + " is missing");
        return named.get(name);
    }

    boolean has(String name) {
        return named.containsKey(name);
    }

    /** The files of each connection in turn: those that resume have the first file apart. */
    List<List<String>> visits() {
        if (has("connection-per-file")) return files.stream().map(List::of).toList();
        if (has("resume")) return List.of(files.subList(0, 1), files.subList(1, files.size()));
        return List.of(files);
    }
}
