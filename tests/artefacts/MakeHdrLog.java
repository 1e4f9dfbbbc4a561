import java.io.PrintStream;
import java.util.Random;
import org.HdrHistogram.*;

// Writes the interval logs of tests/artefacts/hdr_log into the folder it is run in.
public class MakeHdrLog {
    public static void main(String[] arguments) throws Exception {
        // nanoseconds, tagged, offsets to a base time
        HistogramLogWriter w = new HistogramLogWriter(new PrintStream("java_tagged.hlog"));
        w.outputComment("[Logged by an example]");
        w.outputLogFormatVersion();
        w.outputStartTime(1600000000000L);
        w.setBaseTime(1600000000000L);
        w.outputBaseTime(1600000000000L);
        w.outputLegend();
        Random r = new Random(7);
        for (int i = 0; i < 4; i++) {
            for (String tag : new String[] {null, "read", "write"}) {
                Histogram h = new Histogram(3);
                h.setStartTimeStamp(1600000000000L + 1000L * i);
                h.setEndTimeStamp(1600000000000L + 1000L * (i + 1));
                h.setTag(tag);
                int n = tag == null ? 100 : 50;
                for (int k = 0; k < n; k++) h.recordValue((long) (Math.exp(r.nextGaussian() * 0.5) * ("write".equals(tag) ? 5e6 : 1e6)));
                w.outputIntervalHistogram(h);
            }
        }
        w.close();
        // microseconds printed as milliseconds, absolute times, no base time
        w = new HistogramLogWriter(new PrintStream("java_micro.hlog"));
        w.outputLogFormatVersion();
        w.outputStartTime(1600000000000L);
        w.outputLegend();
        for (int i = 0; i < 3; i++) {
            Histogram h = new Histogram(1, 3600000000L, 2);
            for (int k = 1; k <= 40; k++) h.recordValue(1000L * k * (i + 1));
            w.outputIntervalHistogram(1600000000.0 + i, 1600000001.0 + i, h, 1000.0);
        }
        w.close();
    }
}
