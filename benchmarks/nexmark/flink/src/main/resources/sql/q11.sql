SELECT bidder, COUNT(*) AS bids, SESSION_START(customTime, INTERVAL '10' SECOND) AS session_start, SESSION_END(customTime, INTERVAL '10' SECOND) AS session_end
FROM bid
GROUP BY bidder, SESSION(customTime, INTERVAL '10' SECOND)
