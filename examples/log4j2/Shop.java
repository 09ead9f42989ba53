import java.io.IOException;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

public class Shop {
    private static final Logger log = LogManager.getLogger(Shop.class);

    public static void main(String[] args) {
        for (int order = 4711; order < 4714; order++) {
            try {
                charge(order);
            } catch (IllegalStateException e) {
                log.error("order {} is not paid", order, e);
            }
        }
        log.error("stock of {} is negative", "A-17");
    }

    static void charge(int order) {
        try {
            throw new IOException("no answer from 10.0.0." + order % 7);
        } catch (IOException e) {
            throw new IllegalStateException("cannot charge " + order, e);
        }
    }
}
