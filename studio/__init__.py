"""The application: what happens between a click and the database, without Streamlit and without SQL."""

VERSION = "0.2.0"
