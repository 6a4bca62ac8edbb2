package dev.spillway.rules;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The links and headings of a Markdown text, as GitHub reads them. */
final class Markdown {
    private static final Pattern CODE = Pattern.compile("(?ms)^ *(```|~~~).*?^ *\\1[^\\n]*$|`[^`\\n]+`");
    private static final Pattern FENCE = Pattern.compile("(?ms)^ *(```|~~~).*?^ *\\1[^\\n]*$");
    private static final Pattern LINK =
            Pattern.compile("\\]\\(\\s*<?([^)\\s>]+)>?[^)]*\\)|^\\[[^]]+]:\\s*(\\S+)", Pattern.MULTILINE);
    private static final Pattern SCHEME = Pattern.compile("[a-z][a-z0-9+.-]*:.*");
    private static final Pattern HEADING = Pattern.compile("(?m)^#{1,6} +(.*?)[ #]*$");
    private static final Pattern NAMED = Pattern.compile("<a (?:id|name)=\"([^\"]+)\"");

    private Markdown() {}

    /** Relative links of a file that lead nowhere, each with its file. */
    static List<String> brokenLinks(Path root, Path file, String text) {
        return links(text)
                .filter(link -> !leadsSomewhere(root.resolve(file), text, link))
                .map(link -> Repository.slashed(file) + " -> " + link)
                .toList();
    }

    private static Stream<String> links(String text) {
        return LINK.matcher(CODE.matcher(text).replaceAll(""))
                .results()
                .map(link -> link.group(1) == null ? link.group(2) : link.group(1))
                .filter(link -> !SCHEME.matcher(link).matches());
    }

    private static boolean leadsSomewhere(Path file, String text, String link) {
        int hash = link.indexOf('#');
        String path = hash < 0 ? link : link.substring(0, hash);
        Path target = path.isEmpty() ? file : file.resolveSibling(path);
        if (!path.isEmpty() && !Files.exists(target)) {
            return false;
        }
        if (hash < 0 || !target.toString().endsWith(".md")) {
            return true;
        }
        return anchors(path.isEmpty() ? text : Repository.read(target.normalize()))
                .contains(link.substring(hash + 1));
    }

    static Set<String> anchors(String text) {
        String prose = FENCE.matcher(text).replaceAll("");
        Set<String> anchors = new HashSet<>();
        HEADING.matcher(prose).results().map(Markdown::slug).forEach(slug -> {
            String anchor = slug;
            for (int twin = 1; !anchors.add(anchor); twin++) {
                anchor = slug + "-" + twin;
            }
        });
        NAMED.matcher(prose).results().map(name -> name.group(1)).forEach(anchors::add);
        return anchors;
    }

    private static String slug(MatchResult heading) {
        return heading.group(1)
                .replaceAll("\\[([^]]*)]\\([^)]*\\)", "$1")
                .toLowerCase(Locale.ROOT)
                .replaceAll("[^\\p{L}\\p{N}_ -]", "")
                .replace(' ', '-');
    }
}
