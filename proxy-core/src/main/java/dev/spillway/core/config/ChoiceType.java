package dev.spillway.core.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One of a few words.
 *
 * @param words what may be written, in the order of the documentation
 * @param notYet words that PgBouncer knows and we do not, yet: they deserve a better answer than "unknown"
 */
record ChoiceType<E extends Enum<E>>(Map<String, E> words, Function<E, String> spelling, List<String> notYet)
        implements SettingType<E> {

    static <E extends Enum<E>> ChoiceType<E> of(Class<E> type, Function<E, String> spelling, String... notYet) {
        Map<String, E> words = new LinkedHashMap<>();
        for (E value : type.getEnumConstants()) {
            words.put(spelling.apply(value), value);
        }
        return new ChoiceType<>(words, spelling, List.of(notYet));
    }

    @Override
    public String label() {
        return "one of " + words.keySet().stream().collect(Collectors.joining(", "));
    }

    @Override
    public boolean accepts(RawValue.Kind kind) {
        return kind == RawValue.Kind.STRING;
    }

    @Override
    public E parse(String text) throws BadValueException {
        String word = text.toLowerCase(Locale.ROOT);
        @Nullable E value = words.get(word);
        if (value != null) {
            return value;
        }
        if (notYet.contains(word)) {
            throw new BadValueException("cannot be '" + word + "', which is not supported yet: it must be " + label());
        }
        throw new BadValueException("must be " + label() + ", not '" + text + "'");
    }

    @Override
    public String format(E value) {
        return spelling.apply(value);
    }

    @Override
    public String toml(E value) {
        return SettingType.quote(format(value));
    }
}
