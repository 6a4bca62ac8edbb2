package dev.spillway.core.auth;

import dev.spillway.core.auth.AccessWords.MalformedLineException;
import dev.spillway.core.auth.AccessWords.Word;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * PgBouncer's {@code auth_ident_file}: lines of {@code map-name system-name user}, where {@code all} is every user. Immutable.
 *
 * @param maps by name
 */
public record IdentMaps(Map<String, IdentMap> maps) {
    public static final IdentMaps NONE = new IdentMaps(Map.of());

    public IdentMaps {
        maps = Map.copyOf(maps);
    }

    /** Reads the text of {@code file}; never throws, and leaves out what is wrong. */
    public static IdentMaps parse(String file, String text, Consumer<AccessProblem> problems) {
        Map<String, List<IdentMap.Entry>> entries = new LinkedHashMap<>();
        int number = 0;
        for (String line : text.split("\n", -1)) {
            number++;
            try {
                read(new AccessWords(line), entries);
            } catch (MalformedLineException e) {
                problems.accept(new AccessProblem(file, number, e.text()));
            }
        }
        Map<String, IdentMap> maps = new LinkedHashMap<>();
        entries.forEach((name, all) -> maps.put(name, new IdentMap(name, all)));
        return new IdentMaps(maps);
    }

    private static void read(AccessWords words, Map<String, List<IdentMap.Entry>> entries)
            throws MalformedLineException {
        if (words.isAtEnd()) {
            return;
        }
        Word map = words.word("name of the map");
        Word system = words.word("system's name");
        Word user = words.word("user's name");
        words.end();
        refuseOther(map, "include", "include_if_exists", "include_dir");
        for (Word name : List.of(system, user)) {
            if (!name.isQuoted() && name.text().startsWith("/")) {
                throw new MalformedLineException("regular expressions are not supported: \"" + name.text() + "\"");
            }
        }
        if (!user.isQuoted() && user.text().startsWith("+")) {
            throw new MalformedLineException("names of groups are not supported: \"" + user.text() + "\"");
        }
        entries.computeIfAbsent(map.text(), first -> new ArrayList<>())
                .add(new IdentMap.Entry(system.text(), user.is("all") ? null : user.text()));
    }

    static void refuseOther(Word word, String... keywords) throws MalformedLineException {
        for (String keyword : keywords) {
            if (word.is(keyword)) {
                throw new MalformedLineException(keyword + " is not supported");
            }
        }
    }

    @Nullable
    IdentMap find(String name) {
        return maps.get(name);
    }
}
