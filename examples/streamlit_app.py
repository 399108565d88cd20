"""honeyguide in Streamlit: a small page on the API, to start from.

    pip install streamlit pandas
    honeyguide serve --state ./state &
    streamlit run examples/streamlit_app.py

HONEYGUIDE_URL says where the server is (default http://127.0.0.1:8765), HONEYGUIDE_TOKEN what its --token-file holds. Filters are those of the
page and of `honeyguide query`: docs/filter.md.

Tried with a stand-in for Streamlit that takes its calls (tests/system/test_examples.py), against the real server. Not tried with Streamlit itself: it isn't
in Debian, and what npm has of it (stlite) is compiled for Python 3.12 and newer. Only calls that the whole 1.x series has are used.
"""
import json
import os
import urllib.error
import urllib.parse
import urllib.request

import pandas as pd
import streamlit as st

URL = os.environ.get("HONEYGUIDE_URL", "http://127.0.0.1:8765")
TOKEN = os.environ.get("HONEYGUIDE_TOKEN", "")
WINDOWS = ("1h", "6h", "24h", "7d", "all")


def ask(path, **query):
    """The answer of the API, as Python values; what is wrong becomes a RuntimeError with the server's own words."""
    given = {name: value for name, value in query.items() if value not in (None, "")}
    request = urllib.request.Request(f"{URL}/api/v1/{path}?{urllib.parse.urlencode(given)}")
    if TOKEN:
        request.add_header("Authorization", f"Bearer {TOKEN}")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        problem = json.load(error)
        raise RuntimeError(problem.get("detail") or problem.get("title") or str(error)) from error


def anomalous(tally):
    return tally["by_label"] + tally["by_score"] + tally["by_both"]


def show_status(window, filter_text):
    summary = ask("summary", window=window, filter=filter_text)
    now, before = summary["now"], summary["before"]
    events, odd, attackers, alerts = st.columns(4)
    events.metric("Events", f"{now['events']:,}", None if before is None else now["events"] - before["events"])
    odd.metric("Anomalous", f"{anomalous(now):,}", None if before is None else anomalous(now) - anomalous(before))
    attackers.metric("Attacking addresses", f"{summary['attackers']['count']:,}")
    alerts.metric("Alerts", f"{summary['alerts']['total']:,}")
    if summary["trouble"]:
        st.warning(summary["trouble"])


def show_time(window, filter_text):
    series = ask("timeseries", window=window, filter=filter_text)
    rows = pd.DataFrame(series["buckets"])
    if rows.empty:
        st.info("Nothing was seen yet.")
        return
    rows["time"] = pd.to_datetime(rows["time"])
    rows.loc[~rows["observed"], ["high", "medium", "low"]] = None  # missing is not zero: nobody looked
    st.bar_chart(rows.set_index("time")[["high", "medium", "low"]])


def show_alerts(window, filter_text):
    answer = ask("alerts", window=window, filter=filter_text, limit=100)
    rows = pd.DataFrame(answer["alerts"])
    st.caption(f"{len(rows)} of {answer['counts']['total']:,} alerts, most critical first")
    if not rows.empty:
        st.dataframe(rows[["severity", "score", "last_time", "source_ip", "destination_ip", "destination_port", "count", "reason"]])


def main():
    st.set_page_config(page_title="honeyguide", layout="wide")
    st.title("honeyguide")
    window = st.selectbox("Time", WINDOWS, index=len(WINDOWS) - 1)
    filter_text = st.text_input("Filter", placeholder="src:203.0.113.0/24 port:22 score>0.8")
    try:
        show_status(window, filter_text)
        show_time(window, filter_text)
        show_alerts(window, filter_text)
    except RuntimeError as error:
        st.error(str(error))
    except OSError as error:
        st.error(f"No answer from {URL}: {error}")


main()
