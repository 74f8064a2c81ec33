-- Flink at its best: the bids alone, each field a column, so that no nested rows are copied.
CREATE TABLE bid (
  auction BIGINT,
  bidder BIGINT,
  price BIGINT,
  channel STRING,
  url STRING,
  customTime TIMESTAMP(3),
  extra STRING,
  WATERMARK FOR customTime AS customTime - INTERVAL '4' SECOND
) WITH ('connector' = 'nexmark', 'events' = '${events}', 'bids-only' = 'true');
