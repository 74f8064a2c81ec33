SELECT B.auction, B.bidder, B.price, B.customTime, B.extra
FROM bid B
JOIN (
  SELECT MAX(price) AS highest, window_end AS customTime
  FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(customTime), INTERVAL '10' SECOND))
  GROUP BY window_start, window_end
) W
ON B.price = W.highest
WHERE B.customTime BETWEEN W.customTime - INTERVAL '10' SECOND AND W.customTime
