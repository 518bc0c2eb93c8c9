import java.io.BufferedReader;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.Arrays;
import java.util.List;
import java.util.StringJoiner;
import org.apache.lucene.analysis.core.WhitespaceAnalyzer;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.TextField;
import org.apache.lucene.index.Term;
import org.apache.lucene.monitor.MatchingQueries;
import org.apache.lucene.monitor.Monitor;
import org.apache.lucene.monitor.MonitorQuery;
import org.apache.lucene.monitor.QueryMatch;
import org.apache.lucene.monitor.TermFilteredPresearcher;
import org.apache.lucene.search.BooleanClause.Occur;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.MultiPhraseQuery;
import org.apache.lucene.search.PrefixQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.TermQuery;

/**
 * Lucene Monitor over a file of lines: "Q id query", "W words" to warm up, "D words" to time.
 * Prints "B nanoseconds" of registering, then "D nanoseconds id id ..." for each timed line, of its CPU time.
 * Run from source: java -cp JARS MonitorBench.java FILE
 */
public class MonitorBench {
  static final String BODY = "body";
  static final ThreadMXBean CLOCK = ManagementFactory.getThreadMXBean();

  public static void main(String[] arguments) throws Exception {
    BooleanQuery.setMaxClauseCount(100_000);
    Monitor monitor = new Monitor(new WhitespaceAnalyzer(), new TermFilteredPresearcher());
    List<MonitorQuery> batch = new ArrayList<>();
    long building = System.nanoTime();
    boolean built = false;
    StringBuilder out = new StringBuilder();
    try (BufferedReader lines =
        Files.newBufferedReader(Paths.get(arguments[0]), StandardCharsets.UTF_8)) {
      for (String line; (line = lines.readLine()) != null; ) {
        char kind = line.charAt(0);
        if (kind == 'Q') {
          String[] parts = line.split(" ", 3);
          Iterator<String> words = Arrays.asList(parts[2].split(" ")).iterator();
          words.next();
          batch.add(new MonitorQuery(parts[1], read(words)));
        }
        if (batch.size() == 5000 || (kind != 'Q' && !built)) {
          monitor.register(batch);
          batch.clear();
        }
        if (kind == 'Q') continue;
        if (!built) out.append("B ").append(System.nanoTime() - building).append('\n');
        built = true;
        Document document = new Document();
        document.add(new TextField(BODY, line.substring(2), Field.Store.NO));
        long start = CLOCK.getCurrentThreadCpuTime();
        MatchingQueries<QueryMatch> found = monitor.match(document, QueryMatch.SIMPLE_MATCHER);
        long took = CLOCK.getCurrentThreadCpuTime() - start;
        if (kind != 'D') continue;
        StringJoiner ids = new StringJoiner(" ");
        for (QueryMatch match : found.getMatches()) ids.add(match.getQueryId());
        out.append("D ").append(took).append(' ').append(ids).append('\n');
      }
    }
    System.out.print(out);
    monitor.close();
  }

  /** Reads after an opening bracket, up to and with the closing one. */
  static Query read(Iterator<String> words) {
    String kind = words.next();
    switch (kind) {
      case "W":
        BooleanQuery.Builder any = new BooleanQuery.Builder();
        for (Term term : terms(words)) any.add(new TermQuery(term), Occur.SHOULD);
        return any.build();
      case "X":
        return new PrefixQuery(terms(words)[0]);
      case "P":
        MultiPhraseQuery.Builder phrase = new MultiPhraseQuery.Builder();
        while (words.next().equals("(")) {
          words.next();
          phrase.add(terms(words));
        }
        return phrase.build();
      default:
        BooleanQuery.Builder every = new BooleanQuery.Builder();
        Occur occur = kind.equals("O") ? Occur.SHOULD : kind.equals("N") ? Occur.MUST_NOT : Occur.MUST;
        while (words.next().equals("(")) {
          Query part = read(words);
          boolean not = part instanceof BooleanQuery && isNot((BooleanQuery) part);
          if (not) every.add(((BooleanQuery) part).clauses().get(0).getQuery(), Occur.MUST_NOT);
          else every.add(part, occur);
        }
        return every.build();
    }
  }

  static boolean isNot(BooleanQuery query) {
    return query.clauses().size() == 1 && query.clauses().get(0).isProhibited();
  }

  static Term[] terms(Iterator<String> words) {
    List<Term> terms = new ArrayList<>();
    for (String word; !(word = words.next()).equals(")"); ) terms.add(new Term(BODY, word));
    return terms.toArray(new Term[0]);
  }
}
