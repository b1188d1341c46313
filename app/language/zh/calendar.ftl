### 日历中的条目。

calendar-online = 线上
calendar-postponed = 已延期：{ $title }
calendar-postponed-note = 本次活动已延期，不会在此时间举行，新的时间尚未确定。
