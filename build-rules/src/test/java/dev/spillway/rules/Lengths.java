package dev.spillway.rules;

import com.sun.source.tree.BlockTree;
import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.DoWhileLoopTree;
import com.sun.source.tree.EnhancedForLoopTree;
import com.sun.source.tree.ExpressionTree;
import com.sun.source.tree.ForLoopTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.ReturnTree;
import com.sun.source.tree.StatementTree;
import com.sun.source.tree.SwitchExpressionTree;
import com.sun.source.tree.SwitchTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.TryTree;
import com.sun.source.tree.WhileLoopTree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.TreeScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;

/**
 * Says what is too long in a source: a file, or a method, constructor or initialiser.
 *
 * <p>A method may be as long as it needs if it is one flat switch: its body is a single statement, a {@code switch} or
 * {@code return switch}, in whose cases there is no other switch, no loop and no try.
 */
final class Lengths {
    static final int FILE_LINES = 500;
    static final int METHOD_LINES = 60;

    private Lengths() {}

    static List<String> tooLong(String name, String source) {
        List<String> found = new ArrayList<>();
        long lines = source.lines().count();
        if (lines > FILE_LINES) {
            found.add(name + " has " + lines + " lines, more than " + FILE_LINES);
        }
        JavacTask task = (JavacTask) ToolProvider.getSystemJavaCompiler()
                .getTask(null, null, null, List.of("-proc:none"), null, List.of(new Source(name, source)));
        SourcePositions positions = Trees.instance(task).getSourcePositions();
        try {
            for (CompilationUnitTree unit : task.parse()) {
                new LongMethods(name, unit, positions, found).scan(unit, null);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return found;
    }

    private static boolean isFlatSwitch(BlockTree body) {
        if (body.getStatements().size() != 1) {
            return false;
        }
        StatementTree only = body.getStatements().getFirst();
        if (only instanceof SwitchTree statement) {
            return isFlat(statement.getCases());
        }
        return only instanceof ReturnTree returned && isFlatSwitch(returned.getExpression());
    }

    private static boolean isFlatSwitch(@Nullable ExpressionTree returned) {
        return returned instanceof SwitchExpressionTree expression && isFlat(expression.getCases());
    }

    private static boolean isFlat(List<? extends Tree> cases) {
        return !Boolean.TRUE.equals(new Nesting().scan(cases, null));
    }

    private static final class LongMethods extends TreeScanner<@Nullable Void, @Nullable Void> {
        private final String name;
        private final CompilationUnitTree unit;
        private final SourcePositions positions;
        private final List<String> found;

        LongMethods(String name, CompilationUnitTree unit, SourcePositions positions, List<String> found) {
            this.name = name;
            this.unit = unit;
            this.positions = positions;
            this.found = found;
        }

        @Override
        public @Nullable Void visitMethod(MethodTree method, @Nullable Void nothing) {
            measure(method, method.getName().toString(), method.getBody());
            return super.visitMethod(method, null);
        }

        @Override
        public @Nullable Void visitClass(ClassTree type, @Nullable Void nothing) {
            for (Tree member : type.getMembers()) {
                if (member instanceof BlockTree initialiser) {
                    measure(initialiser, "an initialiser", initialiser);
                }
            }
            return super.visitClass(type, null);
        }

        private void measure(Tree whole, String title, @Nullable BlockTree body) {
            long first = line(positions.getStartPosition(unit, whole));
            long lines = line(positions.getEndPosition(unit, whole)) - first + 1;
            if (lines > METHOD_LINES && body != null && !isFlatSwitch(body)) {
                found.add(name + ":" + first + " " + title + " has " + lines + " lines, more than " + METHOD_LINES);
            }
        }

        private long line(long position) {
            return unit.getLineMap().getLineNumber(position);
        }
    }

    /** True where a case holds more than a flat list of statements. */
    private static final class Nesting extends TreeScanner<@Nullable Boolean, @Nullable Void> {
        @Override
        public @Nullable Boolean scan(@Nullable Tree tree, @Nullable Void nothing) {
            return switch (tree) {
                case SwitchTree _, SwitchExpressionTree _, TryTree _ -> true;
                case ForLoopTree _, EnhancedForLoopTree _, WhileLoopTree _, DoWhileLoopTree _ -> true;
                case null, default -> super.scan(tree, null);
            };
        }

        @Override
        public @Nullable Boolean reduce(@Nullable Boolean one, @Nullable Boolean other) {
            return Boolean.TRUE.equals(one) || Boolean.TRUE.equals(other);
        }
    }

    private static final class Source extends SimpleJavaFileObject {
        private final String text;

        Source(String name, String text) {
            super(URI.create("string:///" + name), JavaFileObject.Kind.SOURCE);
            this.text = text;
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return text;
        }
    }
}
